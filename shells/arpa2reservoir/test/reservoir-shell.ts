import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { inlineHost, type ShellHost, type ShellPlace, type ShellSession } from '@arpa2amqp/shell';
import { buildReply, type Candidate, type Reply } from '@arpa2amqp/protocol';
import { SlapdServer, WorkDirectory, type Part } from '@arpa2amqp/testkit';
import { createShell, type Arpa2ReservoirOptions } from '../src/index.js';

const CALLER = { identity: 'demo@arpa2.test', principal: 'demo@ARPA2.TEST', expires: null };
const LIMITS = { timeoutMs: 20_000, maxOutputBytes: 1024 * 1024 };

/** A command as in a batch, without the shell's name, perhaps with `stdin_`. */
export type TestCommand = { readonly do_: string | readonly string[]; readonly stdin_?: string } & Readonly<
  Record<string, string | readonly string[]>
>;

/** Somewhere to keep reservoirs. */
export interface TestStore extends AsyncDisposable {
  /** Options of a shell whose reservoir is empty. */
  fresh(): { readonly directory: object; readonly data: string };
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
      const folders = new Folders();
      return await Promise.resolve({
        fresh: () => {
          const folder = folders.next();
          return { directory: { file: path.join(folder, 'reservoir.mdb') }, data: path.join(folder, 'reservoir') };
        },
        [Symbol.asyncDispose]: async () => {
          folders.remove();
          await Promise.resolve();
        },
      });
    },
  },
  {
    name: 'LDAP',
    parts: ['slapd'],
    start: async () => {
      const folders = new Folders();
      const slapd = await SlapdServer.start();
      return {
        fresh: () => {
          const directory = { store: 'ldap', url: slapd.url, base: slapd.freshBase() };
          return { directory, data: path.join(folders.next(), 'reservoir') };
        },
        [Symbol.asyncDispose]: async () => {
          await slapd.close();
          folders.remove();
        },
      };
    },
  },
];

class Folders {
  readonly #root = new WorkDirectory('arpa2reservoir');
  #used = 0;

  next(): string {
    this.#used += 1;
    const folder = this.#root.file(`folder${this.#used}`);
    mkdirSync(folder);
    return folder;
  }

  remove(): void {
    this.#root.remove();
  }
}

/** The shell in this process, with a session per batch, as the dispatcher runs it. */
export class ReservoirShell implements AsyncDisposable {
  readonly host: ShellHost;

  private constructor(host: ShellHost) {
    this.host = host;
  }

  static async open(options?: Arpa2ReservoirOptions, place?: ShellPlace): Promise<ReservoirShell> {
    const logger = place?.logger;
    return new ReservoirShell(inlineHost(await createShell(options, place), logger === undefined ? {} : { logger }));
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

  /** Runs commands that have to succeed. @returns the replies */
  async prepare(...commands: readonly (string | TestCommand)[]): Promise<Reply[]> {
    const replies = await this.batch(commands);
    const failed = replies.findIndex(({ stderr_ }) => stderr_ !== undefined);
    if (failed >= 0) throw new Error(`${JSON.stringify(commands[failed])}: ${replies[failed]!.stderr_}`);
    return replies;
  }

  /** The code and the words of a refusal. */
  async refusal(command: string | TestCommand): Promise<string> {
    const { error_, stderr_ } = await this.run(command);
    return `${error_?.code ?? 'none'}: ${stderr_?.trimEnd() ?? 'none'}`;
  }

  /** Adds a domain when there is none of that name, and a collection. @returns its UUID */
  async addCollection(domain: string, description = 'For a test'): Promise<string> {
    await this.run(`domain add ${domain}`);
    const [reply] = await this.prepare({ do_: 'collection add', domain, descr: description });
    return header(reply!, 'Collection');
  }

  /** Adds a resource. @returns its UUID */
  async addResource(colluuid: string, stdin_: string, ...variables: readonly string[]): Promise<string> {
    const given = variables.length > 0 ? variables : ['name=test', 'type=text/plain'];
    const [reply] = await this.prepare({
      do_: 'resource add in',
      colluuid,
      'var=val': withData(given, stdin_),
      stdin_,
    });
    return header(reply!, 'Resource');
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
    const plan =
      typeof command === 'string' ? table.planLine(command.split(' ')) : table.planJson(withoutStdin(command));
    if (!plan.ok) return { stderr_: plan.message, error_: { code: plan.code } };
    const stdin = typeof command === 'string' ? undefined : command.stdin_;
    return buildReply(
      await session.run(plan.command, {
        ...LIMITS,
        ...(stdin === undefined ? {} : { stdin }),
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  }
}

function withoutStdin({ stdin_: _stdin, ...command }: TestCommand): TestCommand {
  return command;
}

/** The words for a resource with this data: an empty one has to be said. */
export function withData(words: readonly string[], stdin: string): readonly string[] {
  return stdin === '' ? [...words, 'data='] : words;
}

/** The value of a header that has to be there. */
export function header({ headers_: headers, stderr_ }: Reply, name: string): string {
  const found = headers?.find(([known]) => known === name);
  if (found === undefined) throw new Error(`There is no header ${name}: ${stderr_ ?? JSON.stringify(headers)}`);
  return found[1];
}

/** The data of a resource, as whoever gets it reads it: so many bytes of what was printed. */
export function dataOf(reply: Reply): Buffer {
  const text = reply.stdout_ ?? '';
  const isBase64 = reply.headers_?.some(([name, value]) => name === 'Content-Transfer-Encoding' && value === 'base64');
  const bytes = isBase64 === true ? Buffer.from(text, 'base64') : Buffer.from(text, 'utf8');
  return bytes.subarray(0, Number(header(reply, 'Content-Length')));
}

/** The files of data that are there, by digest; `new/...` and `old/...` for what is under way. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .map((name) => (/^(new|old)\//.test(name) ? name : name.replace('/', '')))
    .sort();
}
