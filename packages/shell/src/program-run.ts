import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { OrphanGuard } from './orphan-guard.js';
import { signalGroup } from './process-group.js';

/** One run of a program. */
export interface ProgramOptions {
  /** Absolute path, then arguments. No shell reads them. */
  readonly program: readonly [string, ...string[]];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly input: string;
  /** Limit of stdout and of stderr, each, in bytes. */
  readonly maxOutputBytes: number;
  /** After SIGTERM the group has so long before SIGKILL, in milliseconds. */
  readonly killGraceMs: number;
  /** After the program's end its pipes are read for so long if another process holds them open, in milliseconds. */
  readonly drainMs: number;
  /** Ends the program. */
  readonly signal: AbortSignal;
  /** Ends it when we cannot any more. */
  readonly guard: OrphanGuard;
}

/** How a program ended. */
export type ProgramResult =
  | {
      readonly kind: 'ended';
      readonly status: number | null;
      readonly signal: NodeJS.Signals | null;
      readonly stdout: Buffer;
      readonly stderr: Buffer;
    }
  | { readonly kind: 'not-started'; readonly cause: unknown }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'aborted' };

/** A killed process that does not even end then (it hangs in the kernel) is waited for so long, in milliseconds. */
const GIVE_UP_MS = 2000;

/** Runs a program in a process group of its own; whatever the group still is when the program has ended is killed. */
export async function runProgram(options: ProgramOptions): Promise<ProgramResult> {
  const [path, ...args] = options.program;
  let child: ChildProcess;
  try {
    child = spawn(path, args, {
      cwd: options.directory,
      detached: true,
      env: { ...options.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  } catch (cause) {
    // The arguments or the environment are too long, or hold a NUL.
    return { kind: 'not-started', cause };
  }
  return await new Promise((resolve) => {
    new ProgramRun(child, options, resolve).begin();
  });
}

/** running -> (abort or flood: stopping) -> exited (pipes drain) -> closed. The first result stands. */
class ProgramRun {
  readonly #child: ChildProcess;
  readonly #options: ProgramOptions;
  readonly #resolve: (result: ProgramResult) => void;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;
  #bytesRead = 0;
  #isFinished = false;
  /** Set when it did not end by itself. */
  #result: ProgramResult | undefined;
  #exit: { readonly status: number | null; readonly signal: NodeJS.Signals | null } = { status: null, signal: null };

  constructor(child: ChildProcess, options: ProgramOptions, resolve: (result: ProgramResult) => void) {
    this.#child = child;
    this.#options = options;
    this.#resolve = resolve;
  }

  begin(): void {
    const { pid, stdin, stdout, stderr } = this.#child;
    if (pid !== undefined) this.#unwatch = this.#options.guard.watch(pid);
    this.#child.once('error', (cause) => {
      this.#result ??= { kind: 'not-started', cause };
      this.#finish();
    });
    this.#child.once('exit', (status, signal) => this.#onExit(status, signal));
    this.#child.once('close', () => this.#finish());
    this.#collect(stdout, this.#stdout);
    this.#collect(stderr, this.#stderr);
    // A program need not read its input: EPIPE is its right.
    stdin?.on('error', () => undefined);
    stdin?.end(this.#options.input);
    if (this.#options.signal.aborted) this.#onAbort();
    else this.#options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = () => {
    this.#result ??= { kind: 'aborted' };
    signalGroup(this.#child.pid, 'SIGTERM');
    this.#after(this.#options.killGraceMs, () => this.#kill());
  };

  #collect(stream: Readable | null, chunks: Buffer[]): void {
    let bytes = 0;
    stream?.on('error', () => undefined);
    stream?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      this.#bytesRead += chunk.length;
      if (bytes <= this.#options.maxOutputBytes) {
        chunks.push(chunk);
      } else if (this.#result === undefined) {
        this.#result = { kind: 'too-large' };
        this.#kill();
      }
    });
  }

  #onExit(status: number | null, signal: NodeJS.Signals | null): void {
    if (this.#result !== undefined) {
      this.#kill();
      return;
    }
    this.#exit = { status, signal };
    this.#drain();
  }

  /**
   * Waits for the end of the pipes, which somebody else may hold. A busy event loop may come here late, before it has read
   * what has been there for long: it reads once more, and while there is something to read the pipes are not given up.
   */
  #drain(): void {
    this.#after(this.#options.drainMs, () => {
      const seen = this.#bytesRead;
      setImmediate(() => {
        if (this.#isFinished) return;
        if (this.#bytesRead > seen) this.#drain();
        else this.#kill();
      });
    });
  }

  #ended(): ProgramResult {
    const { status, signal } = this.#exit;
    return { kind: 'ended', status, signal, stdout: Buffer.concat(this.#stdout), stderr: Buffer.concat(this.#stderr) };
  }

  /** Ends the group and lets go of pipes that somebody outside it may hold. */
  #kill(): void {
    signalGroup(this.#child.pid, 'SIGKILL');
    this.#child.stdin?.destroy();
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#after(GIVE_UP_MS, () => this.#finish());
  }

  #after(timeoutMs: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, timeoutMs);
  }

  #finish(): void {
    this.#isFinished = true;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    signalGroup(this.#child.pid, 'SIGKILL');
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#resolve(this.#result ?? this.#ended());
  }
}
