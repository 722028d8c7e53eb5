import { BusError, errorReply, type Reply, type ReplyCode } from '@arpa2amqp/protocol';
import type { Completer } from './completer.js';
import type { Conversation, LineResult } from './conversation.js';
import { applyFilters } from './filters.js';
import { listingOf } from './listing.js';
import { replyJson, replyText } from './reply-text.js';
import type { ScriptCommand } from './script-command.js';

/** What a {@link Script} works with. */
export interface ScriptParts {
  readonly conversation: Conversation;
  readonly completer: Completer;
  /** Collects the replies and prints them as one JSON document at the end. */
  readonly isJson: boolean;
  /** Ends at the first command that fails. */
  readonly isExitOnError: boolean;
  readonly stdout: (text: string) => Promise<void>;
  readonly stderr: (text: string) => Promise<void>;
}

const INTERRUPTED = new BusError('aborted', 'Interrupted: the lines that follow were not run');

/** Runs commands without anybody at a terminal. */
export class Script {
  readonly #parts: ScriptParts;
  readonly #replies: Reply[] = [];
  #exitCode = 0;

  constructor(parts: ScriptParts) {
    this.#parts = parts;
  }

  /** Runs the commands in order. @returns the exit code: that of the worst failure */
  async run(commands: Iterable<ScriptCommand> | AsyncIterable<ScriptCommand>, signal: AbortSignal): Promise<number> {
    try {
      for await (const command of commands) {
        const isOver = await this.#runCommand(command, signal);
        if (isOver || signal.aborted || (this.#exitCode !== 0 && this.#parts.isExitOnError)) break;
      }
    } catch (error) {
      // The end of a stream that was waited for when the interruption came.
      if (!signal.aborted) throw error;
    }
    const isTold = this.#exitCode >= INTERRUPTED.exitCode;
    if (signal.aborted && !isTold) await this.#takeFailure(INTERRUPTED, null);
    if (this.#parts.isJson) await this.#parts.stdout(`${JSON.stringify(this.#replies, null, 2)}\n`);
    return this.#exitCode;
  }

  async #runCommand(command: ScriptCommand, signal: AbortSignal): Promise<boolean> {
    try {
      if ('problem' in command) throw command.problem;
      const { text, documents } = command;
      const result = await this.#parts.conversation.run(text, { signal, documents });
      if (result.kind === 'reply') await this.#takeReply(result);
      if (result.kind === 'question') await this.#takeQuestion(result.words, signal);
      return result.kind === 'over';
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      await this.#takeFailure(error, command.where);
      return false;
    }
  }

  async #takeReply({ reply, filters }: LineResult & { kind: 'reply' }): Promise<void> {
    const { isJson, stdout, stderr } = this.#parts;
    if (reply.stderr_ !== undefined) this.#fail(1);
    if (isJson) {
      this.#replies.push(reply);
      return;
    }
    const text = filters[0]?.kind === 'json' ? replyJson(reply) : replyText(reply);
    await stdout(applyFilters(text, filters));
    if (filters[0]?.kind !== 'json') await stderr(withLineEnd(reply.stderr_ ?? ''));
  }

  async #takeQuestion(words: readonly string[], signal: AbortSignal): Promise<void> {
    const possible = await this.#parts.completer.complete(words, '', signal);
    if (this.#parts.isJson) this.#replies.push({ ...possible });
    else await this.#parts.stdout(listingOf(possible));
  }

  async #takeFailure(error: BusError, where: string | null): Promise<void> {
    this.#fail(error.exitCode);
    const place = where === null ? '' : `${where}: `;
    if (this.#parts.isJson) this.#replies.push(errorReply(error.code as ReplyCode, `${place}${error.message}\n`));
    else await this.#parts.stderr(`arpa2shell: ${place}${error.message} (${error.code})\n`);
  }

  #fail(exitCode: number): void {
    this.#exitCode = Math.max(this.#exitCode, exitCode);
  }
}

function withLineEnd(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
