import { REPLY_ERRORS, type CommandOutput, type ReplyCode } from '@arpa2amqp/protocol';

/** The output of a command that failed before, beside or instead of its own printing. */
export function failure(code: ReplyCode, message: string): CommandOutput {
  return { stdout: '', stderr: message.endsWith('\n') ? message : `${message}\n`, code };
}

/** What both streams of a command come to: stderr alone makes it a failed one. */
export function finished(stdout: string, stderr: string, code?: ReplyCode): CommandOutput {
  return stderr === '' && code === undefined ? { stdout, stderr } : { stdout, stderr, code: code ?? 'failed' };
}

/** The output of a command that printed over the limit. */
export function tooLarge(maxBytes: number): CommandOutput {
  return failure('too-large', `The command printed more than ${maxBytes} bytes, ask for less at once`);
}

/** True when the command failed in any way. */
export function hasFailed(output: CommandOutput): boolean {
  return output.code !== undefined || output.stderr !== '';
}

/** What these say of a batch, that nothing of it ran or that it came too late, only the host knows. */
const CODES_OF_THE_HOST: ReadonlySet<ReplyCode> = new Set<ReplyCode>([
  'syntax',
  'unknown-shell',
  'unknown-command',
  'expired',
  'deadline',
  'issued-in-future',
]);

/** The output of a command that its shell has run: `failed` when the shell gives a code that says it was not. */
export function asRun(output: CommandOutput): CommandOutput {
  const { code } = output;
  if (code === undefined || !(CODES_OF_THE_HOST.has(code) || REPLY_ERRORS[code].exitCode === 2)) return output;
  return { ...output, code: 'failed' };
}

/** The output of commands that come after a failed or an interrupted one. */
export const NOT_RUN: CommandOutput = Object.freeze(
  failure('not-run', 'The command was not run because the batch was stopped before it'),
);

/** Collects one stream of a command up to a limit in bytes; what comes after it is dropped. */
export class OutputBuffer {
  readonly #maxBytes: number;
  #text = '';
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** True once something was dropped. */
  get isCut(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  get text(): string {
    return this.#text;
  }

  write(text: string): void {
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes <= this.#maxBytes) this.#text += text;
  }
}
