import { readFileSync } from 'node:fs';
import { inlineHost, type ShellSession } from '@arpa2amqp/shell';
import { buildReply, type Reply } from '@arpa2amqp/protocol';
import { createShell } from '../src/index.js';

const CALLER = { identity: 'demo@arpa2.test', principal: 'demo@ARPA2.TEST', expires: null };
const LIMITS = { timeoutMs: 20_000, maxOutputBytes: 1024 * 1024 };

/** A command as in a batch, without the shell's name. */
export type TestCommand = { readonly do_: string | readonly string[] } & Readonly<
  Record<string, string | readonly string[]>
>;

/** The shell in this process, with a session per batch, as the dispatcher runs it. */
export class DnsShell {
  readonly #host;

  constructor(options: { readonly socket: string; readonly timeoutMs?: number }) {
    this.#host = inlineHost(createShell(options));
  }

  /** Runs commands in one session. A string is a typed line, words separated by one blank. */
  async batch(commands: readonly (string | TestCommand)[], signal?: AbortSignal): Promise<Reply[]> {
    const session = await this.#host.open(CALLER);
    const replies: Reply[] = [];
    try {
      for (const command of commands) replies.push(await this.#run(session, command, signal));
    } finally {
      await session.close();
    }
    return replies;
  }

  /** Runs one command. */
  async run(command: string | TestCommand, signal?: AbortSignal): Promise<Reply> {
    const [reply] = await this.batch([command], signal);
    return reply!;
  }

  async #run(session: ShellSession, command: string | TestCommand, signal: AbortSignal | undefined): Promise<Reply> {
    const { table } = this.#host;
    const plan = typeof command === 'string' ? table.planLine(command.split(' ')) : table.planJson(command);
    if (!plan.ok) return { stderr_: plan.message, error_: { code: plan.code } };
    return buildReply(await session.run(plan.command, signal === undefined ? LIMITS : { ...LIMITS, signal }));
  }
}

/** How many connections to a UNIX socket are open, knotd's ends of them. */
export function conversations(socket: string): number {
  // Columns: number, references, protocol, flags, type, state (03 connected), inode, path.
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => line.split(/ +/))
    .filter((columns) => columns[5] === '03' && columns[7] === socket).length;
}
