import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { AuditDesk } from './audit-desk.js';
import { writeJob } from './audit-write.js';

/** Lower than the daemon's own thread's, which is 0 unless told: see {@link yieldToOthers}. */
const NICENESS = 10;

// The thread of an AuditThread, until that terminates it.
yieldToOthers();
const desk = new AuditDesk(workerData as SharedArrayBuffer);
for (;;) parentPort?.postMessage(writeJob(desk.take()));

/**
 * Every job wakes this thread, and on a machine whose processors are all at work the system would take the one away for it that
 * the daemon's own thread or its client computes on; a batch later, lines are written together just as well.
 */
function yieldToOthers(): void {
  // On Linux that is the priority of the calling thread alone; elsewhere it would be that of the daemon.
  if (process.platform === 'linux') setPriority(NICENESS);
}
