/**
 * Makes changes on a server, where nothing joins several into one (docs/adr/0017).
 *
 * 1. Each change is checked, made, and remembered with what undoes it. When one fails, the others are undone, last first.
 * 2. What another host does between a check and a change is found out: by assertions (RFC 4528) where a version is expected, and
 *    by looking again at references after they were made, and after what they may refer to was removed.
 */
import { Attribute, BerWriter, Change, Control, EqualityFilter, ResultCodeError } from 'ldapts';
import { isStill, type CheckedChange } from './change-check.js';
import type { Attributes, Entry, Expectation, Path } from './directory.js';
import { DirectoryError, MAX_BY } from './directory-error.js';
import type { Kind } from './kind.js';
import { RESULT, isResult, ldapError } from './ldap-failure.js';
import { ENTRY_CLASS } from './ldap-filter.js';
import { ID_ATTRIBUTE, type LdapTree } from './ldap-tree.js';
import { formatPath, lastOf, parentOf } from './path.js';
import { conflict, exists, missing, notEmpty, referenced, wrongReference } from './refusals.js';

type AddChange = Extract<CheckedChange, { op: 'add' }>;
type SetChange = Extract<CheckedChange, { op: 'set' }>;
type MoveChange = Extract<CheckedChange, { op: 'move' }>;
type RemoveChange = Extract<CheckedChange, { op: 'remove' }>;

interface Done {
  readonly what: string;
  readonly undo: (tree: LdapTree) => Promise<void>;
}

/** The entry still has a version, or the change fails. */
class Unchanged extends Control {
  readonly #version: string;

  constructor(version: string) {
    super('1.3.6.1.1.12', { critical: true });
    this.#version = version;
  }

  override writeControl(writer: BerWriter): void {
    const filter = new BerWriter();
    new EqualityFilter({ attribute: 'entryCSN', value: this.#version }).write(filter);
    writer.writeBuffer(filter.buffer, 4);
  }
}

export class LdapChanges {
  readonly #tree: () => Promise<LdapTree>;
  readonly #expected = new Map<string, string>();
  readonly #done: Done[] = [];

  /** @param tree - a fresh one on a connection that is open */
  constructor(tree: () => Promise<LdapTree>) {
    this.#tree = tree;
  }

  /** @throws DirectoryError, and the reason of the signal */
  async apply(
    changes: readonly CheckedChange[],
    expected: readonly Expectation[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const tree = await this.#tree();
    for (const { path, version } of expected) {
      const entry = await tree.get(path);
      if (entry === null) throw missing(path);
      if (entry.version !== version) throw conflict(path);
      this.#expected.set(JSON.stringify(path), version);
    }
    for (const change of changes) {
      try {
        signal?.throwIfAborted();
        await this.#make(await this.#tree(), change);
      } catch (error) {
        throw await this.#undone(signal?.aborted === true ? error : changeError(error, change));
      }
    }
  }

  async #make(tree: LdapTree, change: CheckedChange): Promise<void> {
    switch (change.op) {
      case 'add':
        await this.#add(tree, change);
        return;
      case 'set':
        await this.#set(tree, change);
        return;
      case 'move':
        await this.#move(tree, change);
        return;
      case 'remove':
        await this.#remove(tree, change);
    }
  }

  async #add(tree: LdapTree, { kind, path, id, values, references }: AddChange): Promise<void> {
    if (path.length > 1 && (await tree.get(parentOf(path))) === null) throw missing(parentOf(path));
    const known = await tree.byIds([...new Set([id, ...targetsOf(references)])]);
    const other = known.get(id);
    if (other !== undefined) throw exists(`Cannot add an entry with the id ${id}`, [other.path]);
    checkReferences(kind, path, references, known, id);
    const attributes = {
      objectClass: [...kind.ldap.objectClasses, ENTRY_CLASS],
      [kind.ldap.rdn]: [lastOf(path)[1]],
      [ID_ATTRIBUTE]: [id],
      ...withoutNone(mapped(kind, values, references)),
    };
    await this.#unlessExists(tree, path, async () => {
      await tree.connection.run(async (client) => await client.add(tree.dnOf(path), attributes));
    });
    this.#note(`add ${formatPath(path)}`, async (later) => await remove(later, path));
    await this.#checkAgain(tree, kind, path, references);
  }

  async #set(tree: LdapTree, { kind, path, values, references }: SetChange): Promise<void> {
    const before = await this.#existing(tree, path);
    const attributes = mapped(kind, values, references);
    if (Object.keys(attributes).length === 0) return;
    const targets = [...targetsOf(references)];
    checkReferences(kind, path, references, await tree.byIds(targets), null);
    await replace(tree, path, attributes, this.#control(path));
    const old = mapped(kind, pick(before.values, values), pick(before.references, references));
    this.#note(`change ${formatPath(path)}`, async (later) => await replace(later, path, old));
    await this.#checkAgain(tree, kind, path, references);
  }

  async #move(tree: LdapTree, change: MoveChange): Promise<void> {
    const { path, to } = change;
    await this.#existing(tree, path);
    if (isStill(change)) return;
    if (to.length > 1 && (await tree.get(parentOf(to))) === null) throw missing(parentOf(to));
    await this.#unlessExists(tree, to, async () => await rename(tree, path, to, this.#control(path)));
    this.#note(`move ${formatPath(path)}`, async (later) => await rename(later, to, path));
  }

  async #remove(tree: LdapTree, { path }: RemoveChange): Promise<void> {
    const { id } = await this.#existing(tree, path);
    const others = async (): Promise<Path[]> =>
      (await tree.referrers(id)).filter((entry) => entry.id !== id).map((entry) => entry.path);
    await checkEmpty(tree, path);
    const before = await others();
    if (before.length > 0) throw referenced(path, before);
    const contents = await tree.contents(path);
    try {
      await remove(tree, path, this.#control(path));
    } catch (error) {
      if (isResult(error, RESULT.notAllowedOnNonLeaf)) await checkEmpty(tree, path);
      throw error;
    }
    this.#note(`remove ${formatPath(path)}`, async (later) => {
      await later.connection.run(async (client) => await client.add(later.dnOf(path), contents));
    });
    const after = await others();
    if (after.length > 0) throw referenced(path, after);
  }

  async #existing(tree: LdapTree, path: Path): Promise<Entry> {
    const entry = await tree.get(path);
    if (entry === null) throw missing(path);
    return entry;
  }

  async #unlessExists(tree: LdapTree, path: Path, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isResult(error, RESULT.entryAlreadyExists)) throw error;
      const other = await tree.at(path);
      throw exists(path, other === null ? [] : [other.path]);
    }
  }

  /** Somebody else may have removed what is now referred to. */
  async #checkAgain(tree: LdapTree, kind: Kind, path: Path, references: Attributes): Promise<void> {
    const targets = [...targetsOf(references)];
    if (targets.length > 0) checkReferences(kind, path, references, await tree.byIds(targets), null);
  }

  /** The first change of an entry with an expected version is made only if that holds; it makes another version. */
  #control(path: Path): Control | undefined {
    const key = JSON.stringify(path);
    const version = this.#expected.get(key);
    this.#expected.delete(key);
    return version === undefined ? undefined : new Unchanged(version);
  }

  #note(what: string, undo: Done['undo']): void {
    this.#done.push({ what, undo });
  }

  /** Undoes what was done, and returns the error to throw. */
  async #undone(error: unknown): Promise<unknown> {
    const left: string[] = [];
    for (const { what, undo } of this.#done.reverse()) {
      try {
        await undo(await this.#tree());
      } catch {
        left.push(what);
      }
    }
    if (left.length === 0) return error;
    const failure = error instanceof DirectoryError ? error : ldapError(error, 'change the directory');
    const { code, message, told, by } = failure;
    const what = `what was done before could not be undone: ${left.slice(0, 3).join(', ')}; look at it and correct it`;
    return new DirectoryError(code, `${message}; and ${what}`, {
      cause: error,
      told: `${told}; and ${what}`,
      ...(by === undefined ? {} : { by }),
    });
  }
}

async function checkEmpty(tree: LdapTree, path: Path): Promise<void> {
  const children = await tree.someChildren(path, MAX_BY);
  if (children.length > 0)
    throw notEmpty(
      path,
      children.map((entry) => entry.path),
    );
}

async function remove(tree: LdapTree, path: Path, control?: Control): Promise<void> {
  await tree.connection.run(async (client) => await client.del(tree.dnOf(path), control));
}

async function rename(tree: LdapTree, from: Path, to: Path, control?: Control): Promise<void> {
  await tree.connection.run(async (client) => await client.modifyDN(tree.dnOf(from), tree.dnOf(to), control));
}

async function replace(
  tree: LdapTree,
  path: Path,
  attributes: Readonly<Record<string, readonly string[]>>,
  control?: Control,
): Promise<void> {
  const changes = Object.entries(attributes).map(
    ([type, values]) =>
      new Change({ operation: 'replace', modification: new Attribute({ type, values: [...values] }) }),
  );
  await tree.connection.run(async (client) => await client.modify(tree.dnOf(path), changes, control));
}

/** @param self - the id of an entry that is just being made */
function checkReferences(
  kind: Kind,
  path: Path,
  references: Attributes,
  known: ReadonlyMap<string, Entry>,
  self: string | null,
): void {
  for (const [name, ids] of Object.entries(references)) {
    for (const id of ids) {
      const target = id === self ? path : (known.get(id)?.path ?? null);
      const isAllowed = target !== null && kind.references[name]?.to.includes(lastOf(target)[0]) === true;
      if (!isAllowed) throw wrongReference(path, name, id, target);
    }
  }
}

/** Attributes and references under their LDAP names. */
function mapped(kind: Kind, values: Attributes, references: Attributes): Record<string, string[]> {
  const all = { ...values, ...references };
  return Object.fromEntries(Object.entries(all).map(([name, list]) => [kind.ldap.attributes[name] ?? name, [...list]]));
}

function pick(from: Attributes, names: Attributes): Attributes {
  return Object.fromEntries(Object.keys(names).map((name) => [name, from[name] ?? []]));
}

function withoutNone(attributes: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(attributes).filter(([, values]) => values.length > 0));
}

function targetsOf(references: Attributes): ReadonlySet<string> {
  return new Set(Object.values(references).flat());
}

function changeError(error: unknown, change: CheckedChange): unknown {
  if (isResult(error, RESULT.assertionFailed)) return conflict(change.path);
  if (error instanceof ResultCodeError) return ldapError(error, `${change.op} ${formatPath(change.path)}`);
  const failure = ldapError(error, 'change the directory, or learn whether it was changed');
  if (failure === error) return failure;
  const told = 'The host lost sight of the change before it was done; look whether it was made before you repeat it';
  return new DirectoryError(failure.code, failure.message, { cause: error, told });
}
