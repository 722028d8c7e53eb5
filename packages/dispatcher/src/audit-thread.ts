import { Worker } from 'node:worker_threads';
import type { WriteJob, WriteResult } from './audit-write.js';

/** Built: a thread cannot run TypeScript. */
const WORKER = new URL('../dist/audit-worker.js', import.meta.url);

/**
 * A thread that chains and writes lines: a hash a line is two microseconds, which for a hundred lines is a quarter of the time
 * that their batch takes. Started when it is first needed.
 */
export class AuditThread {
  #worker: Worker | null = null;
  #settle: ((result: WriteResult | null) => void) | null = null;

  /** Does one job at a time. Null when the thread ended meanwhile: how much it has written is not known. */
  async run(job: WriteJob): Promise<WriteResult | null> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return await new Promise((resolve) => {
      this.#settle = resolve;
      worker.postMessage(job);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(WORKER, { execArgv: [] });
    worker.unref();
    worker.on('message', (result: WriteResult) => this.#end(result));
    // Behind an error comes the exit.
    worker.on('error', () => undefined);
    worker.once('exit', () => {
      this.#worker = null;
      this.#end(null);
    });
    return worker;
  }

  #end(result: WriteResult | null): void {
    const settle = this.#settle;
    this.#settle = null;
    settle?.(result);
  }
}
