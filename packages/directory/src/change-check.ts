/**
 * What can be told about paths and changes from the kinds alone, before any store is asked. What passes here can be written
 * to every store, and means the same in each.
 */
import { randomUUID } from 'node:crypto';
import { quoted } from '@arpa2amqp/protocol';
import type { Attributes, Change, Path } from './directory.js';
import { DirectoryError } from './directory-error.js';
import type { AttributeType, Kind, KindTable, ReferenceType } from './kind.js';
import { compareKeys, formatPath, isAtOrBelow, isSamePath, lastOf, parentOf } from './path.js';

/** A change that the kinds allow. */
export type CheckedChange = { readonly kind: Kind; readonly path: Path } & (
  | { readonly op: 'add'; readonly id: string; readonly values: Attributes; readonly references: Attributes }
  | { readonly op: 'set'; readonly values: Attributes; readonly references: Attributes }
  | { readonly op: 'move'; readonly to: Path }
  | { readonly op: 'remove' }
);

/**
 * slapd's index of names takes 511 bytes for a name with its attribute, twice, and escapes some characters with three bytes: the
 * longest name that fits with the attributes of our schema.
 */
const MAX_KEY_BYTES = 224;
const MAX_VALUES = 10_000;
const DEFAULT_MAX_LENGTH = 1024;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Controls, invisible and bidirectional characters, lone surrogates; blanks at an end, or several in a row. */
const UNFIT_FOR_KEYS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|^ | $| {2}/u;
const ESCAPED = /["#+,;<=>\\]/g;
const UNFIT_FOR_VALUES = /[\0\p{Cs}]/u;

/** What siblings of one namespace, and values of one attribute, must differ in: directory servers do not tell case and width. */
export function fold(key: string): string {
  return key.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/ +/g, ' ').trim();
}

/**
 * @returns the kind of the last step; null for the root
 * @throws DirectoryError `directory-invalid`
 */
export function checkPath(kinds: KindTable, path: Path): Kind | null {
  let above: Kind | null = null;
  for (const [name, key] of path) {
    const kind = kinds.get(name);
    if (!kind.parents.includes(above?.name ?? '')) {
      throw new TypeError(`There is no ${name} below ${above === null ? 'the root' : `a ${above.name}`}`);
    }
    checkKey(kinds, kind, key);
    above = kind;
  }
  return above;
}

function checkKey(kinds: KindTable, kind: Kind, key: string): void {
  const isLong = Math.max(sizeOf(key), sizeOf(fold(key))) > MAX_KEY_BYTES;
  const isFit = key !== '' && isNormal(key) && !UNFIT_FOR_KEYS.test(key) && kinds.isKey(kind, key);
  if (!isLong && isFit) return;
  const why = isLong
    ? `it is longer than ${MAX_KEY_BYTES} bytes`
    : 'choose one without the characters that it may not have';
  throw new DirectoryError('directory-invalid', `${quoted(key)} cannot name a ${kind.name}: ${why}`);
}

/**
 * Directory servers compare names in this form (RFC 4518). Whatever is in it begins in it too, so that they find by the beginning
 * what we find.
 */
const isNormal = (key: string): boolean => key === key.normalize('NFKC');

const sizeOf = (key: string): number => Buffer.byteLength(key.replace(ESCAPED, '   '));

/** Whether any key can begin so. */
export function canPrefix(prefix: string): boolean {
  return prefix.length <= MAX_KEY_BYTES && isNormal(prefix) && !/[\p{Cc}\p{Cs}]/u.test(prefix);
}

/** The kind of what may be listed below a path. @param after - has to be a key of that kind */
export function checkList(kinds: KindTable, parent: Path, kindName: string, after?: string): Kind {
  const above = checkPath(kinds, parent);
  const kind = kinds.get(kindName);
  if (!kind.parents.includes(above?.name ?? ''))
    throw new TypeError(`There is no ${kindName} below ${formatPath(parent)}`);
  if (after !== undefined) checkKey(kinds, kind, after);
  return kind;
}

/** @throws DirectoryError `directory-invalid` */
export function checkChange(kinds: KindTable, change: Change): CheckedChange {
  const { path } = change;
  const kind = kinds.get(lastOf(path)[0]);
  checkPath(kinds, path);
  switch (change.op) {
    case 'add':
      return { ...checkContents(kind, change, true), op: 'add', kind, path, id: checkId(change.id ?? randomUUID()) };
    case 'set':
      return { ...checkContents(kind, change, false), op: 'set', kind, path };
    case 'move':
      return { op: 'move', kind, path, to: checkTarget(kinds, path, change.to) };
    case 'remove':
      return { op: 'remove', kind, path };
  }
}

function checkTarget(kinds: KindTable, path: Path, to: Path): Path {
  if (lastOf(to)[0] !== lastOf(path)[0]) throw new TypeError(`A ${lastOf(path)[0]} cannot become a ${lastOf(to)[0]}`);
  checkPath(kinds, to);
  if (isAtOrBelow(parentOf(to), path)) {
    throw new DirectoryError('directory-invalid', `Cannot move ${formatPath(path)} below itself`);
  }
  return to;
}

/** Whether a move leads to where the entry is already. */
export const isStill = (change: { readonly path: Path; readonly to: Path }): boolean =>
  isSamePath(change.path, change.to);

/** @throws DirectoryError `directory-invalid` */
export function checkId(id: string): string {
  if (!UUID.test(id)) throw new DirectoryError('directory-invalid', `${quoted(id)} is no UUID in lower case`);
  return id;
}

type Contents = Pick<Extract<Change, { op: 'set' }>, 'values' | 'references' | 'path'>;

function checkContents(kind: Kind, change: Contents, isNew: boolean): { values: Attributes; references: Attributes } {
  const where = (name: string): string => `${name} of ${formatPath(change.path)}`;
  const values = checkAll(change.values, kind.attributes, isNew, where, (value, type, name) => {
    checkValue(value, type, where(name));
  });
  const references = checkAll(change.references, kind.references, isNew, where, checkId);
  return { values, references };
}

function checkAll<T extends AttributeType | ReferenceType>(
  given: Attributes = {},
  types: Readonly<Record<string, T>>,
  isNew: boolean,
  where: (name: string) => string,
  check: (value: string, type: T, name: string) => void,
): Attributes {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(types, name)) throw new TypeError(`There is no attribute or reference ${where(name)}`);
  }
  const checked: Record<string, readonly string[]> = {};
  for (const [name, type] of Object.entries(types)) {
    const values = given[name] ?? (isNew ? [] : undefined);
    if (values === undefined) continue;
    for (const value of values) check(value, type, name);
    checkCount(values, type, where(name));
    checked[name] = sorted(values);
  }
  return checked;
}

function checkCount(values: readonly string[], type: AttributeType | ReferenceType, where: string): void {
  const invalid = (what: string): Error => new DirectoryError('directory-invalid', `${where} ${what}`);
  if (type.required === true && values.length === 0) throw invalid('is required: give it a value');
  if (type.many !== true && values.length > 1) throw invalid('can have one value only');
  if (values.length > MAX_VALUES) throw invalid(`can have ${MAX_VALUES} values at most`);
  if (new Set(values.map(fold)).size < values.length)
    throw invalid('has a value twice, or two that differ in case only');
}

function checkValue(value: string, { maxLength = DEFAULT_MAX_LENGTH }: AttributeType, where: string): void {
  const invalid = (what: string): Error => new DirectoryError('directory-invalid', `${where} ${what}`);
  if (value === '') throw invalid('cannot be empty');
  if (value.length > maxLength && Array.from(value).length > maxLength) {
    throw invalid(`is longer than ${maxLength} characters`);
  }
  if (UNFIT_FOR_VALUES.test(value)) throw invalid('has a character that is none: NUL, or half of one');
}

const sorted = (values: readonly string[]): readonly string[] => [...values].sort(compareKeys);
