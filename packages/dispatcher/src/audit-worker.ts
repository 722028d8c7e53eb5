import { getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { AuditDesk } from './audit-desk.js';
import { writeJob } from './audit-write.js';

/** How much nicer than the daemon's own thread this one is, and the most that there is. */
const STEP = 5;
const NICEST = 19;

// The thread of an AuditThread, until that terminates it.
yieldToOthers();
const desk = new AuditDesk(workerData as SharedArrayBuffer);
for (;;) parentPort?.postMessage(writeJob(desk.take()));

/**
 * Every job wakes this thread, and where all processors are at work the system would take the one away for it that the daemon's
 * own thread computes on. More than a few steps would leave answers waiting behind whatever else computes on the host.
 */
function yieldToOthers(): void {
  // On Linux that is the priority of the calling thread alone; elsewhere it would be that of the daemon.
  if (process.platform !== 'linux') return;
  try {
    setPriority(Math.min(NICEST, getPriority() + STEP));
  } catch {
    // A sandbox may forbid it: the thread works as well without.
  }
}
