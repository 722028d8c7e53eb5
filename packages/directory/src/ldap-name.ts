/** Names of entries in LDAP (RFC 4514), to and from paths. */
import { isUtf8 } from 'node:buffer';
import { DN } from 'ldapts';
import type { Path } from './directory.js';
import type { KindTable } from './kind.js';

/** One step of a DN, with its attribute in lower case. */
export interface NameStep {
  readonly attribute: string;
  readonly value: string;
}

const ATTRIBUTE = /^ *((?:[A-Za-z][A-Za-z0-9-]*)|(?:\d+(?:\.\d+)+)) *=/;
/** A character, an escaped character, or an escaped byte. A quoted or BER encoded value is none of them. */
const PIECE = /^(?:\\([0-9A-Fa-f]{2})|\\([ "#+,;<=>\\])|([^\\,+;"<>\0]))/u;

/**
 * Reads a DN.
 *
 * @returns its steps, from the entry up to the root; null for what is no DN, empty, not UTF-8, or has a step of several attributes
 */
export function parseDn(text: string): readonly NameStep[] | null {
  const steps: NameStep[] = [];
  for (let rest = text; ; rest = rest.slice(1)) {
    const [head, attribute] = ATTRIBUTE.exec(rest) ?? [];
    if (head === undefined || attribute === undefined) return null;
    const [value, length] = readValue(rest.slice(head.length));
    if (value === '') return null;
    steps.push({ attribute: attribute.toLowerCase(), value });
    rest = rest.slice(head.length + length);
    if (rest === '') return steps;
    if (!rest.startsWith(',')) return null;
  }
}

/** The value at the start of a text, empty when it is none, and how much of the text it takes. Blanks around it are no part unless escaped. */
function readValue(text: string): [value: string, length: number] {
  const bytes: Buffer[] = [];
  let kept = 0;
  let at = /^ */.exec(text)?.[0].length ?? 0;
  for (;;) {
    const [piece, hex, escaped, plain] = PIECE.exec(text.slice(at, at + 3)) ?? [];
    if (piece === undefined) break;
    at += piece.length;
    bytes.push(hex === undefined ? Buffer.from(escaped ?? plain ?? '') : Buffer.from(hex, 'hex'));
    if (plain !== ' ') kept = bytes.length;
  }
  const value = Buffer.concat(bytes.slice(0, kept));
  return [isUtf8(value) ? value.toString() : '', at];
}

/** The DN of the entry at a path, escaped. */
export function dnOf(kinds: KindTable, base: readonly NameStep[], path: Path): string {
  const dn = new DN();
  for (const [kind, key] of [...path].reverse()) dn.addPairRDN(kinds.get(kind).ldap.rdn, key);
  for (const { attribute, value } of base) dn.addPairRDN(attribute, value);
  // An escaped backslash at the end of a step would hide the comma behind it from Client.modifyDN().
  return dn.toString().replaceAll('\\\\', '\\5C');
}
