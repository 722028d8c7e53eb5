import { quoted, suggestion } from '@arpa2amqp/protocol';
import { DNS_TYPES } from '@arpa2amqp/shell';
import { refused } from './refusal.js';

/** Types that Knot 3.2 reads in presentation form. */
const TYPES = DNS_TYPES;

/** Types that records can be added with, by name. */
export const EDITABLE_TYPES: readonly string[] = Object.keys(TYPES);

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TYPES).map(([name, number]) => [number, name]));

/** The signer of the server makes these; a hand-made one would break the zone. */
const SIGNER_MADE: ReadonlyMap<number, string> = new Map([
  [46, 'RRSIG'],
  [47, 'NSEC'],
  [50, 'NSEC3'],
  [51, 'NSEC3PARAM'],
]);

const OPT = 41;
const FIRST_META = 128;
const LAST_META = 255;
const MAX_TYPE = 65_534;

/**
 * A record type by its usual name: `aaaa` and `TYPE28` are `AAAA`.
 * @throws ShellError when there is no such type, or records of it cannot be edited
 */
export function recordType(text: string): string {
  const name = text.toUpperCase();
  const number = TYPES[name] ?? numberOf(name);
  if (number === undefined) {
    throw refused(`There is no record type ${quoted(text)}${suggestion(name, Object.keys(TYPES))}`);
  }
  const made = SIGNER_MADE.get(number);
  if (made !== undefined) throw refused(`Records of type ${made} are made by the signer of the server, not edited`);
  if (number === 0 || number === OPT || number > MAX_TYPE || (number >= FIRST_META && number <= LAST_META)) {
    throw refused(`The type ${quoted(text)} is not one of records in a zone`);
  }
  return NAMES.get(number) ?? `TYPE${number}`;
}

function numberOf(name: string): number | undefined {
  const digits = /^TYPE(\d{1,5})$/.exec(name)?.[1];
  if (digits !== undefined) return Number.parseInt(digits, 10);
  for (const [number, made] of SIGNER_MADE) if (made === name) return number;
  return undefined;
}
