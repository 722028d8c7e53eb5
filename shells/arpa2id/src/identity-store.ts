import path from 'node:path';
import {
  changeDirectory,
  LazyDirectory,
  type Directory,
  type Entry,
  type Path,
  type Plan,
  type StoreAudience,
} from '@arpa2amqp/directory';
import { quoted } from '@arpa2amqp/protocol';
import { ShellError, type ShellPlace } from '@arpa2amqp/shell';
import { identityOf, inWords, keyOf, kindOf } from './identity-path.js';
import { KINDS } from './kinds.js';

const PRINCIPALS = ['user', 'group', 'role'] as const;

/** The entries of the identities, for all sessions. Made by the first command. */
export class IdentityStore {
  readonly #directory: LazyDirectory;
  readonly #place: ShellPlace;

  /** @param place - without a file in the options, `identities.mdb` in its state directory */
  constructor(options: unknown, place: ShellPlace) {
    this.#place = place;
    const { state } = place;
    const file = state === undefined ? {} : { defaultFile: path.join(state, 'identities.mdb') };
    const refuse: StoreAudience['refuse'] = (message, about) => new ShellError(message, about);
    this.#directory = new LazyDirectory(options, { kinds: KINDS, ...file }, { refuse, place });
  }

  /** Opens the file that there is. @throws DirectoryError when it is damaged, or another's */
  async check(): Promise<void> {
    await this.#directory.check();
  }

  /** Opens what there is. @throws DirectoryError when that cannot be used now */
  async warmUp(): Promise<void> {
    await this.#directory.warmUp();
  }

  /** Looks at the entries. @throws ShellError */
  async read<T>(work: (view: IdentityView) => Promise<T>, signal: AbortSignal): Promise<T> {
    return await this.#directory.use(async (directory) => await work(new IdentityView(directory, signal)));
  }

  /**
   * Looks at the entries and changes them, both again when they were changed by others in between. After some attempts the
   * store's own complaint is the answer.
   *
   * @param plan - says what to change, or throws
   * @throws ShellError
   */
  async change<T>(plan: (view: IdentityView) => Promise<Plan<T>>, signal: AbortSignal): Promise<T> {
    return await this.read(
      async (view) => await changeDirectory(view.directory, async () => await plan(view), signal),
      signal,
    );
  }

  /** Writes a defect to the log of the host. */
  report(error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.#place.logger?.error({ error: quoted(stack ?? String(error), 1000) }, 'change-broke');
  }

  /** Gives the store back; what comes later fails. */
  async close(): Promise<void> {
    await this.#directory.close();
  }
}

/** The entries as one command sees them. */
export class IdentityView {
  readonly directory: Directory;
  readonly #options: { readonly signal: AbortSignal };

  constructor(directory: Directory, signal: AbortSignal) {
    this.directory = directory;
    this.#options = { signal };
  }

  /** The entry at a path. @throws ShellError when there is none */
  async entry(path: Path): Promise<Entry> {
    const found = await this.directory.get(path, this.#options);
    if (found !== null) return found;
    // The first that is missing says most.
    if (path.length > 1) await this.entry(path.slice(0, -1));
    const holder = await this.#holderOf(path);
    if (holder === undefined) throw new ShellError(`There is no ${inWords(path)}`);
    throw new ShellError(`There is no ${inWords(path)}, ${identityOf(path)} is a ${holder}`);
  }

  /** Makes sure that a name is free and that there is something to put it under. @throws ShellError */
  async free(path: Path): Promise<void> {
    if (path.length > 1) await this.entry(path.slice(0, -1));
    const holder = await this.#holderOf(path);
    if (holder !== undefined) throw new ShellError(`There is ${withArticle(holder)} ${identityOf(path)} already`);
  }

  /** What stands below an entry that is there, of a kind, by name. @param limit - how many at most; absent: all */
  async children(path: Path, kind: string, limit = Infinity): Promise<readonly Entry[]> {
    return await this.directory.list(path, kind, { ...this.#options, limit });
  }

  /** Who refers to an entry. */
  async referrers({ id }: Entry): Promise<readonly Entry[]> {
    return await this.directory.referrers(id, this.#options);
  }

  /** Where the users and aliases are that members or occupants stand for; null for one whose holder other hands have removed. */
  async holdersOf(seats: readonly Entry[]): Promise<readonly (Path | null)[]> {
    const ids = seats.map(({ references }) => references['identity']?.[0]);
    const found = await this.directory.getByIds(
      ids.filter((id) => id !== undefined),
      this.#options,
    );
    return ids.map((id) => found.get(id ?? '')?.path ?? null);
  }

  /** The kind of the entry that has the name, of whatever kinds may not have it twice. */
  async #holderOf(path: Path): Promise<string | undefined> {
    const kind = kindOf(path);
    const kinds = PRINCIPALS.some((other) => other === kind) ? PRINCIPALS : [kind];
    for (const other of kinds) {
      const found = await this.directory.get([...path.slice(0, -1), [other, keyOf(path)]], this.#options);
      if (found !== null) return other;
    }
    return undefined;
  }
}

function withArticle(kind: string): string {
  return `${/^[aeo]/.test(kind) ? 'an' : 'a'} ${kind}`;
}
