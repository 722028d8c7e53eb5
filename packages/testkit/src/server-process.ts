import { basename } from 'node:path';
import { findFreePort, isListening } from './conditions.js';
import { SupervisedProcess, WorkDirectory } from './processes.js';

// Life cycle: set up -> (stop or kill/restart, pause/resume any number of times) -> close. The server owns its directory and its
// process; both end with this process however it ends (processes.ts).

const CLASHES_ALLOWED = 5;
/** sun_path holds 108 bytes; some room for names that a server makes of it. */
const MAX_SOCKET_BYTES = 100;

/** What a server is run with. */
export interface ServerCommand {
  readonly args: readonly string[];
  /** Variables added to this process' environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a server is. */
export interface ServerTraits {
  /** Name, or absolute path. */
  readonly program: string;
  /** Of the name of its directory. */
  readonly prefix: string;
  /** How many free ports of 127.0.0.1 it takes. */
  readonly ports: number;
}

/**
 * A server of ours: a real program as an ordinary process on free ports of 127.0.0.1, in a private directory (mode 0700). It can
 * be stopped and started again with what it holds.
 */
export abstract class ServerProcess implements AsyncDisposable {
  readonly #directory: WorkDirectory;
  readonly #traits: ServerTraits;
  #process: SupervisedProcess | null = null;
  #ports: readonly number[] = [];
  #closing: Promise<void> | null = null;

  protected constructor(traits: ServerTraits) {
    this.#traits = traits;
    this.#directory = new WorkDirectory(traits.prefix);
  }

  /** Sets a server up; when that fails, nothing of it stays. */
  protected static async begin<T extends ServerProcess>(server: T): Promise<T> {
    try {
      await server.setUp();
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** Private directory of the server, removed by close. Tests may keep their own files there. */
  get directory(): string {
    return this.#directory.path;
  }

  /** All that the server has printed, in all of its lives; empty while it is stopped. */
  get log(): string {
    return this.#process?.log ?? '';
  }

  /** Process id of the running server. */
  get pid(): number {
    if (this.#process === null) throw new Error(`Finding the process of ${this.#traits.program} failed: it is stopped`);
    return this.#process.pid;
  }

  /** Stops the process where it is (SIGSTOP), so that it accepts but never answers. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  /** Lets a paused server go on (SIGCONT). */
  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Ends the server (SIGTERM) and waits until it is gone; what it holds stays for {@link ServerProcess.restart}. Idempotent. */
  async stop(): Promise<void> {
    const ending = this.#process;
    this.#process = null;
    await ending?.stop();
  }

  /** Kills the server (SIGKILL) and waits until it is gone; what it holds stays for {@link ServerProcess.restart}. Idempotent. */
  async kill(): Promise<void> {
    if (this.#process?.exitCode === null) process.kill(this.pid, 'SIGKILL');
    await this.stop();
  }

  /** Starts the server again, on the same ports unless someone else took one; returns when it answers. Does nothing while it runs. */
  async restart(): Promise<void> {
    for (let clashes = 0; this.#process === null; clashes++) {
      if (clashes > 0) this.#ports = [];
      await this.takePorts();
      const { args, environment = {} } = await this.prepare();
      const { program } = this.#traits;
      const options = { environment, directory: this.directory, logFile: this.file(`${basename(program)}.out`) };
      const started = new SupervisedProcess(program, args, options);
      try {
        await started.waitUntilReady(async () => await this.isReady());
        this.#process = started;
      } catch (error) {
        await started.stop();
        // Someone may have taken a port between finding and binding it: take others.
        if (clashes === CLASHES_ALLOWED) throw error;
      }
    }
  }

  /** Stops the server and removes the directory. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.stop().then(() => this.#directory.remove());
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Makes everything that is made once, and starts the server. */
  protected abstract setUp(): Promise<void>;

  /** Writes the configuration for the ports; asked before every start. */
  protected abstract prepare(): ServerCommand | Promise<ServerCommand>;

  /** Whether the server answers; all of its ports accept connections unless a server knows better. */
  protected async isReady(): Promise<boolean> {
    const answers = await Promise.all(this.#ports.map(async (port) => await isListening(port)));
    return answers.every(Boolean);
  }

  /** The ports, once they are taken. */
  protected portAt(index: number): number {
    return this.#ports[index] ?? 0;
  }

  /** Finds free ports, unless there are some. For what must know them before the first start. */
  protected async takePorts(): Promise<void> {
    while (this.#ports.length < this.#traits.ports) {
      const port = await findFreePort();
      if (!this.#ports.includes(port)) this.#ports = [...this.#ports, port];
    }
  }

  /** Absolute path of a file in the directory. */
  protected file(name: string): string {
    return this.#directory.file(name);
  }

  /** Absolute path of a UNIX socket in the directory. @throws RangeError when the system has no room for it */
  protected socketFile(name: string): string {
    const path = this.file(name);
    if (Buffer.byteLength(path) <= MAX_SOCKET_BYTES) return path;
    const { program } = this.#traits;
    throw new RangeError(
      `Starting ${program} failed: the path of its socket, ${path}, is longer than ${MAX_SOCKET_BYTES} bytes; set TMPDIR to a shorter one`,
    );
  }
}
