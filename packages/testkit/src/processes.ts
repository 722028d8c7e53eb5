import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from './conditions.js';
import { findProgram } from './programs.js';

// Nothing may stay behind when this process dies, even by SIGKILL, and Node cannot ask the kernel for that (prctl).
// So each child has a small shell as parent that reads a pipe whose only writer is this process: end of file means
// that we are gone. The shells run in sessions of their own, so that Ctrl-C reaches us and not them.

const SUPERVISE = `
exec 3<&0
pid_file=$1
shift
"$@" </dev/null 3<&- &
child=$!
echo $child >"$pid_file"
( read -r _ <&3; kill -TERM $child 2>/dev/null
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do kill -0 $child 2>/dev/null || exit 0; sleep 0.1; done
  kill -KILL $child 2>/dev/null ) &
watcher=$!
wait $child
code=$?
kill $watcher 2>/dev/null
exit $code
`;

// Children of a dying owner may write a last file: try again for a while.
const REMOVE_AT_END = `
read -r _
tries=0
while [ -e "$1" ] && [ $tries -lt 50 ]; do rm -rf -- "$1" 2>/dev/null; tries=$((tries+1)); [ -e "$1" ] && sleep 0.1; done
`;

/** A private directory (mode 0700) that is removed by {@link WorkDirectory.remove}, or when this process ends in any way. */
export class WorkDirectory {
  /** Absolute path. */
  readonly path: string;
  readonly #guard: ChildProcess;

  constructor(prefix: string) {
    this.path = mkdtempSync(join(tmpdir(), `${prefix}-`));
    this.#guard = spawn('/bin/sh', ['-c', REMOVE_AT_END, 'guard', this.path], {
      detached: true,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    release(this.#guard);
  }

  /** Absolute path of a file in the directory. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Removes the directory with all that is in it. Idempotent. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    this.#guard.stdin?.destroy();
  }
}

/** How a {@link SupervisedProcess} is started. */
export interface ProcessOptions {
  /** Variables added to this process' environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Working directory, default `/`. */
  readonly directory?: string;
  /** File that receives standard output and error; one of its name with `.pid` holds the process id. */
  readonly logFile: string;
}

/** A long-running program that ends at the latest when this process ends, however that happens. */
export class SupervisedProcess {
  readonly #name: string;
  readonly #logFile: string;
  readonly #pidFile: string;
  readonly #shell: ChildProcess;
  readonly #ended: Promise<number>;
  #exitCode: number | null = null;
  #stopping: Promise<void> | null = null;

  /** @throws Error when the program is not installed. */
  constructor(name: string, args: readonly string[], options: ProcessOptions) {
    const path = findProgram(name);
    if (path === null) throw new Error(`Starting ${name} failed: it is not installed`);
    this.#name = name;
    this.#logFile = options.logFile;
    this.#pidFile = `${options.logFile}.pid`;
    const log = openSync(options.logFile, 'a', 0o600);
    this.#shell = spawn('/bin/sh', ['-c', SUPERVISE, name, this.#pidFile, path, ...args], {
      detached: true,
      cwd: options.directory ?? '/',
      env: { ...process.env, LC_ALL: 'C', ...options.environment },
      stdio: ['pipe', log, log],
    });
    closeSync(log);
    this.#ended = new Promise((resolve) => {
      const end = (code: number | null) => {
        this.#exitCode ??= code ?? 128;
        resolve(this.#exitCode);
      };
      this.#shell.once('exit', end);
      this.#shell.once('error', () => end(127));
    });
    release(this.#shell);
  }

  /** Exit code, or null while the program runs. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /** Process id of the program; there when it is ready. */
  get pid(): number {
    return Number.parseInt(readFileSync(this.#pidFile, 'utf8'), 10);
  }

  /** What the program has printed so far. */
  get log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /**
   * Waits until a condition holds while the program runs.
   * @throws Error with the end of its log when the program ends before, or the limit in milliseconds passes.
   */
  async waitUntilReady(condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
    try {
      await waitUntil(async () => this.#exitCode !== null || (await condition()), { timeoutMs, what: this.#name });
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${this.log.trim().slice(-1000)}`, { cause: error });
    }
    if (this.#exitCode !== null) {
      throw new Error(`${this.#name} ended with code ${this.#exitCode}: ${this.log.trim().slice(-1000)}`);
    }
  }

  /** Asks the program to end (SIGTERM, after 2 s SIGKILL) and waits until it has. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    await this.#stopping;
  }

  async #stop(): Promise<void> {
    // Waiting keeps the event loop alive: the caller wants the end, not a process that exits first.
    this.#shell.ref();
    this.#shell.stdin?.destroy();
    await this.#ended;
  }
}

/** A guard must not keep our event loop alive, and its end must not raise EPIPE. */
function release(child: ChildProcess): void {
  child.unref();
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  (child.stdin as { unref?: () => void } | null)?.unref?.();
}
