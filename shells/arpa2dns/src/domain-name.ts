import { quoted } from '@arpa2amqp/protocol';
import { refused } from './refusal.js';

// Names inside the shell are absolute, with the last dot, in lower case.

const LABEL = /^[a-z0-9_-]{1,63}$/;
const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** RFC 1035, section 2.3.4: 255 octets on the wire are 253 characters without the last dot. */
const MAX_CHARACTERS = 253;
const MAX_NUMBER_DIGITS = 15;
const TELEPHONE = /^\+\d+(?:[.-]\d+)*$/;

/** Digits of a telephone number written as `+31-20.1234567`, undefined for other texts. */
function telephoneDigits(text: string): string | undefined {
  return TELEPHONE.test(text) ? text.replaceAll(/\D/g, '') : undefined;
}

/**
 * The zone that was written as a name, with or without last dot, or as a telephone number, which stands for its ENUM zone (RFC 6116).
 * @throws ShellError when it is neither
 */
export function zoneName(text: string): string {
  if (text.startsWith('+')) {
    const digits = telephoneDigits(text);
    if (digits === undefined || digits.length > MAX_NUMBER_DIGITS) {
      throw refused(
        `The zone ${quoted(text)} is not a telephone number of 1 to ${MAX_NUMBER_DIGITS} digits behind its plus sign`,
      );
    }
    return `${reversed(digits).join('.')}.e164.arpa.`;
  }
  return absolute(text.endsWith('.') ? text : `${text}.`, 'zone');
}

/**
 * The owner of a record: `@` the zone itself; with a last dot absolute; ending in the name of the zone absolute too; anything else,
 * or ending in `.@`, relative to the zone. A `*` may be the first label.
 * @param zone - from {@link zoneName}
 * @throws ShellError when it is not a name, or not in the zone
 */
export function ownerName(text: string, zone: string): string {
  if (text === '@') return zone;
  const lower = text.toLowerCase();
  if (lower.endsWith('.@')) return absolute(`${lower.slice(0, -1)}${zone}`, 'name');
  const isAbsolute = lower.endsWith('.') || isInside(`${lower}.`, zone);
  const name = absolute(isAbsolute ? withDot(lower) : `${lower}.${zone}`, 'name');
  if (!isInside(name, zone)) throw refused(`The name ${quoted(text)} is not in zone ${quoted(zone)}`);
  return name;
}

/**
 * A host: one label is relative to the zone, anything longer absolute, with or without last dot.
 * @throws ShellError when it is not a host name (RFC 1123, section 2.1)
 */
export function hostName(text: string, zone: string, what: string): string {
  const lower = text.toLowerCase();
  const name = withDot(lower.includes('.') ? lower : `${lower}.${zone}`);
  const labels = name.slice(0, -1).split('.');
  if (name.length - 1 > MAX_CHARACTERS || !labels.every((label) => HOST_LABEL.test(label))) {
    throw refused(`The ${what} ${quoted(text)} is not a host name`);
  }
  return name;
}

/** Whether a name is that of the zone or one below it; both absolute. */
export function isInside(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** The name as people write it: without the last dot. */
export function written(name: string): string {
  return name.slice(0, -1);
}

/** Digits are characters of one code unit each. */
function reversed(digits: string): string[] {
  return Array.from(digits).reverse();
}

function withDot(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}

function absolute(text: string, what: 'zone' | 'name'): string {
  const name = text.toLowerCase();
  const [first, ...others] = name.slice(0, -1).split('.');
  const labels = what === 'name' && first === '*' && others.length > 0 ? others : [first ?? '', ...others];
  const wrong = labels.find((label) => !LABEL.test(label));
  if (wrong !== undefined) {
    throw refused(
      `The ${what} ${quoted(written(text))} has the label ${quoted(wrong)}, which is not 1 to 63 letters, digits, hyphens and underscores`,
    );
  }
  if (name.length - 1 > MAX_CHARACTERS) {
    throw refused(`The ${what} ${quoted(text)} is longer than ${MAX_CHARACTERS} characters`);
  }
  return name;
}
