import { fileURLToPath } from 'node:url';
import { SupervisedProcess, WorkDirectory } from './processes.js';

const MAIN = fileURLToPath(new URL('../../arpa2amqp.d/dist/main.js', import.meta.url));
const READY_WITHIN_MS = 20_000;

/** One line of the daemon's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

/** How a {@link DaemonProcess} is started. */
export interface DaemonProcessOptions {
  /** Arguments of the daemon's command line; `--listen` on a free port of loopback is added when neither it nor `--connect` is there. */
  readonly args: readonly string[];
  /** Such as a realm's. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A real arpa2amqp.d, built (`dist`), in a process of its own that ends at the latest with this one. */
export class DaemonProcess implements AsyncDisposable {
  readonly #directory: WorkDirectory;
  readonly #process: SupervisedProcess;
  #ready: LogLine = {};

  private constructor(options: DaemonProcessOptions) {
    this.#directory = new WorkDirectory('arpa2amqp-daemon');
    const hasTransport = options.args.some((argument) => argument === '--listen' || argument === '--connect');
    const args = hasTransport ? options.args : ['--listen', 'amqp://127.0.0.1:0', ...options.args];
    this.#process = new SupervisedProcess(process.execPath, [MAIN, ...args], {
      logFile: this.#directory.file('log'),
      ...(options.environment === undefined ? {} : { environment: options.environment }),
    });
  }

  /**
   * Starts the daemon and waits until it says that it is ready.
   *
   * @throws Error with what it printed, when it ends instead
   */
  static async start(options: DaemonProcessOptions): Promise<DaemonProcess> {
    const daemon = new DaemonProcess(options);
    try {
      await daemon.#process.waitUntilReady(() => daemon.lines.some(({ msg }) => msg === 'ready'), READY_WITHIN_MS);
    } catch (error) {
      await daemon.close();
      throw error;
    }
    daemon.#ready = daemon.lines.find(({ msg }) => msg === 'ready') ?? {};
    return daemon;
  }

  /** The URL that it listens at. */
  get url(): string {
    return String(this.#ready['url']);
  }

  /** The process id of the daemon itself. */
  get pid(): number {
    return Number(this.#ready['pid']);
  }

  /** Exit code, or null while it runs. */
  get exitCode(): number | null {
    return this.#process.exitCode;
  }

  /** All that it has printed. */
  get log(): string {
    return this.#process.log;
  }

  /** The lines of its log so far. */
  get lines(): readonly LogLine[] {
    return this.log.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as LogLine];
      } catch {
        return [];
      }
    });
  }

  /** Sends a signal to the daemon. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** Stops it and removes its log. */
  async close(): Promise<void> {
    await this.#process.stop();
    this.#directory.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
