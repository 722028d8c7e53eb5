import { BusError } from './bus-error.js';
import { quoted } from './quotation.js';

/*
 * JSON.parse keeps the last of two equal keys and knows no depth; a batch in which two readers see different
 * commands must not exist. One pass over the text finds both before JSON.parse, which remains the parser.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const MAX_FEW = 16;

/**
 * Parses JSON that comes from a peer.
 *
 * @param text - the JSON text
 * @param maxDepth - levels of nested objects and arrays allowed
 * @throws BusError `not-json`, `too-deep`, `duplicate-key` or `invalid-batch` (a string with a lone surrogate)
 */
export function parseStrictJson(text: string, maxDepth: number): unknown {
  checkStructure(text, maxDepth);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    // V8 quotes the text in its message; only the position is passed on, since the text may hold secrets.
    const position = /position (\d+)/.exec(String(cause))?.[1];
    throw new BusError(
      'not-json',
      `Cannot parse the JSON${position === undefined ? '' : `: error at character ${position}`}`,
    );
  }
}

/** The keys of one object. Most have a few, for which a list is faster than a set. */
class Keys {
  readonly #few: string[] = [];
  #many: Set<string> | null = null;

  /** @returns false when the key was there already */
  add(key: string): boolean {
    if (this.#many === null) {
      if (this.#few.includes(key)) return false;
      if (this.#few.push(key) > MAX_FEW) this.#many = new Set(this.#few);
      return true;
    }
    const size = this.#many.size;
    return this.#many.add(key).size > size;
  }
}

/** Keys of the object at each open level; null for an array. A key is expected after `{` and after `,` in an object. */
function checkStructure(text: string, maxDepth: number): void {
  const open: (Keys | null)[] = [];
  // Only an escape can make a lone surrogate: the text itself was decoded from UTF-8.
  const hasEscapes = text.includes('\\u');
  let isKeyNext = false;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case QUOTE: {
        const end = endOfString(text, index);
        if (isKeyNext) noteKey(open, text.slice(index, end + 1));
        else if (hasEscapes) checkText(text.slice(index, end + 1));
        isKeyNext = false;
        index = end;
        break;
      }
      case OPEN_BRACE:
      case OPEN_BRACKET: {
        const isObject = text.charCodeAt(index) === OPEN_BRACE;
        open.push(isObject ? new Keys() : null);
        if (open.length > maxDepth) throw new BusError('too-deep', `The JSON is nested deeper than ${maxDepth} levels`);
        isKeyNext = isObject;
        break;
      }
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        open.pop();
        isKeyNext = false;
        break;
      case COMMA:
        isKeyNext = open.at(-1) instanceof Keys;
        break;
      default:
    }
  }
}

/** The index of the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length - 1;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
}

function noteKey(open: (Keys | null)[], literal: string): void {
  const keys = open.at(-1);
  const key = decoded(literal);
  if (!(keys instanceof Keys) || key === null) return; // not JSON: JSON.parse says so
  if (!keys.add(key)) throw new BusError('duplicate-key', `The JSON names the key ${quoted(key)} twice in one object`);
  checkText(literal);
}

function decoded(literal: string): string | null {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    return null;
  }
}

/** A lone surrogate cannot be written as UTF-8: two programs would see two strings. Only an escape can make one. */
function checkText(literal: string): void {
  if (!literal.includes('\\u')) return;
  if (decoded(literal)?.isWellFormed() === false) {
    throw new BusError('invalid-batch', 'The JSON has a string with a lone surrogate');
  }
}
