import { afterAll, beforeAll } from '@jest/globals';
import {
  inlineHost,
  type Logger,
  type PlannedCommand,
  type ShellHost,
  type ShellPlace,
  type ShellSession,
} from '@arpa2amqp/shell';
import { buildReply, type Candidate, type Reply } from '@arpa2amqp/protocol';
import { SlapdServer, WorkDirectory, type Part } from '@arpa2amqp/testkit';
import { createShell } from '../src/index.js';

const CALLER = { identity: 'demo@arpa2.test', principal: 'demo@ARPA2.TEST', expires: null };
const LIMITS = { timeoutMs: 20_000, maxOutputBytes: 1024 * 1024 };

/** A command as in a batch, without the shell's name. */
export type TestCommand = { readonly do_: string | readonly string[] } & Readonly<
  Record<string, string | readonly string[]>
>;

/** The code and the text of a refusal. */
export function refusal({ error_, stderr_ }: Reply): string {
  return `${error_?.code ?? 'none'}: ${stderr_?.trimEnd() ?? 'none'}`;
}

/** Somewhere to keep entries. */
export interface TestStore extends AsyncDisposable {
  /** Options of the shell. */
  readonly options: object;
}

/** What can be kept in, and what the machine has to have for it. */
export const STORES: readonly {
  readonly name: string;
  readonly parts: readonly Part[];
  start(): Promise<TestStore>;
}[] = [
  {
    name: 'LMDB',
    parts: [],
    start: async () => {
      const folder = new WorkDirectory('arpa2id');
      return await Promise.resolve({
        options: { directory: { file: folder.file('identities.mdb') } },
        [Symbol.asyncDispose]: async () => {
          folder.remove();
          await Promise.resolve();
        },
      });
    },
  },
  {
    name: 'LDAP',
    parts: ['slapd'],
    start: async () => {
      const slapd = await SlapdServer.start();
      return {
        options: { directory: { store: 'ldap', url: slapd.url, base: slapd.freshBase() } },
        [Symbol.asyncDispose]: async () => await slapd.close(),
      };
    },
  },
];

/** A log of errors that is kept. */
export class KeptLog {
  readonly lines: [fields: object, event: string][] = [];
  readonly logger: Logger;

  constructor() {
    const ignore = (): void => undefined;
    const error = (...line: [object, string]): number => this.lines.push(line);
    this.logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error };
  }
}

/** The shell with a session per batch, as the dispatcher runs it. */
export class IdShell implements AsyncDisposable {
  readonly host: ShellHost;

  /** @param host - where the shell runs */
  constructor(host: ShellHost) {
    this.host = host;
  }

  /** Runs the shell in this process. */
  static async open(options: object, place?: ShellPlace): Promise<IdShell> {
    const logger = place?.logger;
    return new IdShell(inlineHost(await createShell(options, place), logger === undefined ? {} : { logger }));
  }

  /** Runs commands in one session. A string is a typed line, words separated by one blank. */
  async batch(commands: readonly (string | TestCommand)[], signal?: AbortSignal): Promise<Reply[]> {
    const session = await this.host.open(CALLER);
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

  /** Runs a command as it was matched with the grammar. */
  async runPlanned(command: PlannedCommand): Promise<Reply> {
    const session = await this.host.open(CALLER);
    try {
      return buildReply(await session.run(command, LIMITS));
    } finally {
      await session.close();
    }
  }

  /** Runs commands that have to succeed. */
  async prepare(...commands: readonly (string | TestCommand)[]): Promise<void> {
    const replies = await this.batch(commands);
    const failed = replies.findIndex(({ stderr_ }) => stderr_ !== undefined);
    if (failed >= 0) throw new Error(`${JSON.stringify(commands[failed])}: ${replies[failed]!.stderr_}`);
  }

  /** What the hooks say of the word behind a line, words separated by one blank, as the dispatcher asks them. */
  async complete(line: string, partial = '', timeoutMs = 5000): Promise<Candidate[]> {
    const words = line.split(' ');
    const { table, description } = this.host;
    const command = table.find(words[0]!)!;
    const session = await this.host.open(CALLER);
    const found: Candidate[] = [];
    for (const item of table.grammars[command]!.next(words)?.items ?? []) {
      if (item.kind === 'literal' || description.commands[command]!.live?.includes(item.name) !== true) continue;
      const { name: variable, values, literals } = item;
      found.push(...(await session.complete({ command, variable, partial, values, literals }, { timeoutMs })));
    }
    await session.close();
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.close();
  }

  async #run(session: ShellSession, command: string | TestCommand, signal: AbortSignal | undefined): Promise<Reply> {
    const { table } = this.host;
    const plan = typeof command === 'string' ? table.planLine(command.split(' ')) : table.planJson(command);
    if (!plan.ok) return { stderr_: plan.message, error_: { code: plan.code } };
    return buildReply(await session.run(plan.command, signal === undefined ? LIMITS : { ...LIMITS, signal }));
  }
}

/** A store and the shell on it, for a group of tests. */
export class ShellFixture {
  store!: TestStore;
  shell!: IdShell;

  /** Called in a group of tests. @param commands - run before them */
  constructor(kind: (typeof STORES)[number], ...commands: readonly string[]) {
    beforeAll(async () => {
      this.store = await kind.start();
      this.shell = await IdShell.open(this.store.options);
      await this.shell.prepare(...commands);
    });
    afterAll(async () => {
      await this.shell[Symbol.asyncDispose]();
      await this.store[Symbol.asyncDispose]();
    });
  }
}
