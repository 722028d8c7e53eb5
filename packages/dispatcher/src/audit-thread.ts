import { Worker } from 'node:worker_threads';
import { AuditDesk, type JobFrame } from './audit-desk.js';
import type { AuditPage } from './audit-page.js';
import type { WriteResult } from './audit-write.js';

/** Built: a thread cannot run TypeScript. */
const WORKER = new URL('../dist/audit-worker.js', import.meta.url);

/** From so many lines on, the other thread takes less of our time than chaining them here. */
const MIN_LINES = 24;

/**
 * A thread that chains and writes lines: hashes and `write` take a microsecond a line, which for a hundred lines is a quarter of
 * the time that their batch takes. Started when it is first needed.
 */
export class AuditThread {
  readonly #desk = new AuditDesk();
  #worker: Worker | null = null;
  #settle: ((result: WriteResult | null) => void) | null = null;

  /** Whether it is for this thread to do. */
  takes({ lines, isUsual }: AuditPage): boolean {
    return lines >= MIN_LINES && isUsual;
  }

  /** Does one job at a time. Null when the thread cannot be started, or ended meanwhile: how much it has written is not known. */
  async run(frame: JobFrame, page: AuditPage): Promise<WriteResult | null> {
    try {
      this.#worker ??= this.#start();
    } catch {
      // The system has no thread for us now.
      return null;
    }
    return await new Promise((resolve) => {
      this.#settle = resolve;
      this.#desk.put(frame, page);
    });
  }

  /** Ends the thread; what it has in hand is not finished. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    // The last thread may have ended without its job.
    this.#desk.clear();
    const worker = new Worker(WORKER, { execArgv: [], workerData: this.#desk.memory });
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
