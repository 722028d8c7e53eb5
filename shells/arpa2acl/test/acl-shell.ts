import { AclStore, chainOf, parseIdentity, type Right } from '@arpa2amqp/acl';
import { buildReply, type Candidate, type Reply } from '@arpa2amqp/protocol';
import { inlineHost, requirementsOf, type ShellHost, type ShellPlace } from '@arpa2amqp/shell';
import { WorkDirectory } from '@arpa2amqp/testkit';
import { createShell } from '../src/index.js';

export const ADMIN = parseIdentity('admin@arpa2.test');
const LIMITS = { timeoutMs: 30_000, maxOutputBytes: 1024 * 1024 };

/** A command as in a batch, without the shell's name. */
export type TestCommand = { readonly do_: string; readonly stdin_?: string } & Readonly<
  Record<string, string | readonly string[] | undefined>
>;

/** Words of a typed line, parted by one blank; '' is the empty one. */
const wordsOf = (line: string): string[] => line.split(' ').map((word) => (word === "''" ? '' : word));

/** The shell in this process on real lists. */
export class AclShell implements AsyncDisposable {
  readonly host: ShellHost;
  readonly store: AclStore;
  readonly #folder: WorkDirectory;

  private constructor(store: AclStore, place: ShellPlace, options: object, folder: WorkDirectory) {
    this.store = store;
    this.host = inlineHost(createShell(options, place));
    this.#folder = folder;
  }

  /** Of the lists. */
  get file(): string {
    return this.#folder.file('acl.mdb');
  }

  /** With lists of its own. */
  static async create(options: object = {}, place: ShellPlace = {}): Promise<AclShell> {
    const folder = new WorkDirectory('arpa2acl');
    const store = await AclStore.create(folder.file('acl.mdb'), ADMIN);
    return new AclShell(store, { state: folder.path, ...place }, options, folder);
  }

  /** Runs a command, typed or as JSON. */
  async run(command: string | TestCommand, by: string = ADMIN): Promise<Reply> {
    const { table } = this.host;
    const { stdin_: stdin = '', ...json } = typeof command === 'string' ? { do_: '' } : command;
    const plan = typeof command === 'string' ? table.planLine(wordsOf(command)) : table.planJson(json);
    if (!plan.ok) return { stderr_: plan.message, error_: { code: plan.code } };
    const session = await this.host.open({ identity: by, principal: by, expires: null });
    try {
      return buildReply(await session.run(plan.command, { ...LIMITS, stdin }));
    } finally {
      await session.close();
    }
  }

  /** Whether the lists let somebody give a command, as a daemon decides it. */
  may(who: string, line: string): boolean {
    const plan = this.host.table.planLine(wordsOf(line));
    if (!plan.ok) throw new Error(plan.message);
    const required = requirementsOf(plan.description, plan.command);
    if (required.kind !== 'required') return required.kind === 'open';
    return required.requirements.every(({ rights, class: name, instances }) =>
      rights.every(
        (right) => this.store.decide(parseIdentity(who), right as Right, chainOf(name, ...instances)).isGranted,
      ),
    );
  }

  /** What the hooks say of the word behind a line. */
  async complete(line: string, partial = '', by: string = ADMIN): Promise<readonly string[]> {
    const words = wordsOf(line);
    const { table, description } = this.host;
    const command = table.find(words[0]!)!;
    const session = await this.host.open({ identity: by, principal: by, expires: null });
    const found: Candidate[] = [];
    for (const item of table.grammars[command]!.next(words)?.items ?? []) {
      if (item.kind === 'literal' || description.commands[command]!.live?.includes(item.name) !== true) continue;
      const { name: variable, values, literals } = item;
      found.push(...(await session.complete({ command, variable, partial, values, literals }, { timeoutMs: 5000 })));
    }
    await session.close();
    return found.map(({ value }) => value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.close();
    await this.store.close();
    this.#folder.remove();
  }
}
