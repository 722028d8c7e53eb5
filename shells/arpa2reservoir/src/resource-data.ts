import { isUtf8 } from 'node:buffer';
import { DEFAULT_LIMITS, parseStdout } from '@arpa2amqp/protocol';
import { ShellError } from '@arpa2amqp/shell';
import { refused } from './refusal.js';

/** How data comes by `stdin_` and goes by `stdout_`: as it is, or in base64 because it is no text. */
export type Encoding = 'text' | 'base64';

export const ENCODINGS: readonly Encoding[] = ['text', 'base64'];

/** Of one resource. As text or base64 it comes in with one message, and goes out with one. */
export const MAX_DATA_BYTES = DEFAULT_LIMITS.maxStdinBytes;
/** Text that needs more room in JSON, because nearly every character is escaped, goes out in base64. */
const MAX_PRINTED_BYTES = 1.5 * MAX_DATA_BYTES;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** What `get` prints of data, and whether it is in base64. */
export interface Printed {
  readonly text: string;
  readonly isBase64: boolean;
}

/**
 * The bytes of what was given.
 * @throws ShellError `too-large`, or when it is not what it was declared to be
 */
export function bytesOf(stdin: string, encoding: Encoding): Buffer {
  const bytes = encoding === 'base64' ? fromBase64(stdin) : fromText(stdin);
  if (bytes.length > MAX_DATA_BYTES) {
    throw new ShellError(
      `The data has ${bytes.length} bytes, a resource at most ${MAX_DATA_BYTES}; nothing was stored, divide it over several resources`,
      { code: 'too-large' },
    );
  }
  return bytes;
}

/**
 * Data as it is printed behind the headers. Whoever reads a reply takes the data that is one JSON object for members of the reply;
 * to come back exactly, such a text goes in base64 too.
 */
export function printed(bytes: Buffer, encoding: Encoding): Printed {
  const inBase64 = (): Printed => ({ text: bytes.toString('base64'), isBase64: true });
  if (encoding === 'base64' || !isUtf8(bytes)) return inBase64();
  const text = bytes.toString('utf8');
  const isMisread = parseStdout(`\n${text}\n`).members !== undefined || parseStdout(`\n${text}`).members !== undefined;
  if (isMisread || Buffer.byteLength(JSON.stringify(text)) > MAX_PRINTED_BYTES) return inBase64();
  return { text, isBase64: false };
}

function fromText(stdin: string): Buffer {
  if (!stdin.isWellFormed()) {
    throw refused('The data has half of a character (a lone surrogate): give it in base64, with encoding=base64');
  }
  return Buffer.from(stdin, 'utf8');
}

function fromBase64(stdin: string): Buffer {
  const text = stdin.replace(/[ \t\r\n]+/g, '');
  const bytes = Buffer.from(text, 'base64');
  // Buffer skips what it does not know, and bits that are left over: they would be lost.
  if (!BASE64.test(text) || bytes.toString('base64') !== text) {
    throw refused('The data is not base64 (RFC 4648, section 4, with its padding), as encoding=base64 says');
  }
  return bytes;
}
