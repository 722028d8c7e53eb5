import { parentPort, workerData } from 'node:worker_threads';
import { AuditDesk } from './audit-desk.js';
import { writeJob } from './audit-write.js';

// The thread of an AuditThread, until that terminates it.
const desk = new AuditDesk(workerData as SharedArrayBuffer);
for (;;) parentPort?.postMessage(writeJob(desk.take()));
