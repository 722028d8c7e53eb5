import { BusError, errorReply, type Reply } from '@arpa2amqp/protocol';

/** Beyond this the batches would get longer and longer. */
const MAX_COMMANDS = 200;

/**
 * The commands that set the state of the shell in use, since it was entered or reset. Every batch gets a fresh session on
 * the host, so they go in front of each.
 */
export class SessionMemory {
  #commands: (readonly string[])[] = [];

  /** In the order in which they were given. */
  get commands(): readonly (readonly string[])[] {
    return this.#commands;
  }

  /** @throws BusError `too-many-commands` */
  add(words: readonly string[]): void {
    if (this.#commands.at(-1)?.join('\0') === words.join('\0')) return;
    if (this.#commands.length === MAX_COMMANDS) {
      throw new BusError(
        'too-many-commands',
        `Over ${MAX_COMMANDS} commands have set the state of this shell: clear it with reset`,
      );
    }
    this.#commands.push(words);
  }

  clear(): void {
    this.#commands = [];
  }

  /**
   * The reply to the last command, told of what went wrong in front of it.
   *
   * @param replies - to the commands of this memory and one more
   */
  lastOf(replies: readonly Reply[]): Reply {
    const last = replies.at(-1) ?? errorReply('internal', 'The host gave no reply\n');
    const broken = replies.slice(0, -1).find(({ error_: error }) => error !== undefined && error.code !== 'not-run');
    if (broken === undefined) return last;
    const why = `The state of this shell could not be set again, so the command ran without it: ${broken.stderr_ ?? ''}`;
    return { ...last, stderr_: `${why.trimEnd()}\n${last.stderr_ ?? ''}`, error_: last.error_ ?? { code: 'failed' } };
  }
}
