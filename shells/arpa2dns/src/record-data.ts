import { quoted } from '@arpa2amqp/protocol';
import { MAX_ITEM_BYTES } from './control-codec.js';
import { refused } from './refusal.js';

// Knot reads record data as a line of a zone file: a semicolon begins a comment, brackets join lines, quotes and backslashes escape.
// What would silently mean something else than it says is refused.

const MAX_STRING_BYTES = 255;
const TEXT_TYPES: ReadonlySet<string> = new Set(['TXT', 'SPF']);
/** RFC 3597: data of any type in hexadecimal. */
const GENERIC = '\\#';

/**
 * Record data in presentation form from the words of a command, all of them. For TXT each word is one text, put in quotes and cut
 * into strings of 255 bytes where needed, unless it already begins with a quote.
 * @throws ShellError when a word has control characters, or quotes, brackets, semicolons or backslashes that go nowhere
 */
export function recordData(type: string, words: readonly string[]): string {
  const asTexts = TEXT_TYPES.has(type) && words[0] !== GENERIC;
  const data = words.map((word) => (asTexts && !word.startsWith('"') ? textData(word) : presented(word))).join(' ');
  if (Buffer.byteLength(data) > MAX_ITEM_BYTES) {
    throw refused(`The data of the record has more than ${MAX_ITEM_BYTES} bytes`);
  }
  return data;
}

/** One text as TXT data: quoted strings of at most 255 bytes each. @throws ShellError for control characters */
export function textData(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.some((byte) => byte < 0x20 || byte === 0x7f)) {
    throw refused(`The text ${quoted(text)} holds a control character`);
  }
  const strings: string[] = [];
  for (let at = 0; at < Math.max(1, bytes.length); at += MAX_STRING_BYTES) {
    strings.push(`"${[...bytes.subarray(at, at + MAX_STRING_BYTES)].map(characterOf).join('')}"`);
  }
  return strings.join(' ');
}

/** One string of at most 255 bytes in quotes, as inside NAPTR data. @throws ShellError when it is longer, or not plain ASCII */
export function stringData(text: string, what: string): string {
  if (!/^[\x20-\x7e]*$/.test(text))
    throw refused(`The ${what} ${quoted(text)} holds characters other than printable ASCII`);
  if (text.length > MAX_STRING_BYTES)
    throw refused(`The ${what} has ${text.length} characters, more than ${MAX_STRING_BYTES}`);
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** The words of record data that Knot gives, strings in quotes with their quotes: as {@link recordData} takes them. */
export function dataWords(data: string): readonly string[] {
  return data.match(/(?:"(?:[^"\\]|\\.)*"|\\.|[^\s"\\])+/g) ?? [];
}

function characterOf(byte: number): string {
  if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  return byte < 0x7f ? String.fromCharCode(byte) : `\\${byte}`;
}

/** Quoted strings, escapes, and anything printable that has no meaning beyond the line. */
const PRESENTATION = /^(?:"(?:[^"\\]|\\.)*"|\\.|[^"\\;()])*$/;

function presented(word: string): string {
  if (word === '') throw refused('The data of the record has an empty word; write "" in quotes for an empty string');
  if (!/^[\x20-\x7e]+$/.test(word)) {
    throw refused(`The data ${quoted(word)} holds characters other than printable ASCII; write others as \\DDD`);
  }
  if (!PRESENTATION.test(word)) {
    throw refused(
      `The data ${quoted(word)} has a semicolon or bracket outside double quotes, or a quote or backslash without its other half`,
    );
  }
  return word;
}
