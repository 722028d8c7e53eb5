import { parentPort } from 'node:worker_threads';
import { writeJob, type WriteJob } from './audit-write.js';

// The thread of an AuditThread.
parentPort?.on('message', (job: WriteJob) => parentPort?.postMessage(writeJob(job)));
