import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, resolve } from 'node:path';

// Debian keeps daemons in sbin, which an ordinary user's PATH lacks.
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/**
 * Absolute path of an installed program, searched in PATH and the system's sbin folders unless it is a path already;
 * null when it is not there.
 */
export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), ...SYSTEM_FOLDERS];
  for (const folder of folders) {
    const path = resolve(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return null;
}

/** What {@link runProgram} takes besides the program and its arguments. */
export interface RunOptions {
  /** Variables added to this process' environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Text for the program's standard input. */
  readonly input?: string;
  /** Limit in milliseconds, default 20,000. The program is killed then. */
  readonly timeoutMs?: number;
}

/** A program that {@link runProgram} ran and that failed. */
export class ProgramError extends Error {
  /** What the program printed, both streams. */
  readonly output: string;

  constructor(program: string, output: string, cause: unknown) {
    super(`Running ${program} failed: ${output.trim().slice(0, 2000) || String(cause)}`, { cause });
    this.name = 'ProgramError';
    this.output = output;
  }
}

/**
 * Runs a short-lived program to its end and returns its standard output and error.
 * @throws ProgramError when it is missing, exits with a code other than 0, or takes longer than the limit.
 */
export async function runProgram(
  name: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ stdout: string; stderr: string }> {
  const path = findProgram(name);
  if (path === null) throw new ProgramError(name, '', new Error(`${name} is not installed`));
  return await new Promise((resolve, reject) => {
    const child = execFile(
      path,
      args,
      {
        env: { ...process.env, LC_ALL: 'C', ...options.environment },
        timeout: options.timeoutMs ?? 20_000,
        killSignal: 'SIGKILL',
        maxBuffer: 8 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        if (error === null) resolve({ stdout, stderr });
        else reject(new ProgramError(name, stderr + stdout, error));
      },
    );
    // A program that exits without reading its input must not raise EPIPE here.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}
