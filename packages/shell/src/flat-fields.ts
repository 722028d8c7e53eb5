import { types } from 'node:util';
import { reasonOf } from './reason.js';

const MAX_FIELDS = 50;
const MAX_LENGTH = 2000;

/** A value that nests nothing. */
type FlatValue = string | number | boolean | null;

/**
 * Makes the fields of a line of the log flat, as the host wants them: an error becomes its message, what nests anything its JSON,
 * and what cannot be read or written is left out: a log must not break who writes to it.
 */
export function flatFields(fields: unknown): Readonly<Record<string, FlatValue>> {
  if (typeof fields !== 'object' || fields === null || types.isNativeError(fields)) {
    return flatFields({ text: fields });
  }
  const flat: [string, FlatValue][] = [];
  for (const key of Object.keys(fields).slice(0, MAX_FIELDS)) {
    const value = flatValue(fields, key);
    if (value !== undefined) flat.push([key, value]);
  }
  return Object.fromEntries(flat);
}

function flatValue(fields: object, key: string): FlatValue | undefined {
  try {
    const value: unknown = (fields as Record<string, unknown>)[key];
    if (types.isNativeError(value)) return reasonOf(value).slice(0, MAX_LENGTH);
    if (typeof value === 'bigint') return String(value);
    // Also a date, which writes itself as a string.
    const json = JSON.stringify(value) as string | undefined;
    const plain: unknown = json === undefined ? undefined : JSON.parse(json);
    if (typeof plain === 'string') return plain.slice(0, MAX_LENGTH);
    if (typeof plain === 'number' || typeof plain === 'boolean' || plain === null) return plain;
    return json?.slice(0, MAX_LENGTH);
  } catch {
    // It refers to itself, nests too much, or throws when it is looked at.
    return undefined;
  }
}
