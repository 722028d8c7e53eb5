import { BusError, quoted } from '@arpa2amqp/protocol';

/** A line of a script, or why it is none. */
export type ScriptLine =
  { readonly text: string; readonly where: string | null } | { readonly problem: BusError; readonly where: string };

/** Lines over this many bytes are refused: no message could carry them. */
const MAX_BYTES = 1024 * 1024;
const LINE_END = 10;

/**
 * The lines of a stream, as they come. A line that is too long or no UTF-8 is told and passed over.
 *
 * @param name - of the stream, for messages
 */
export async function* linesFrom(stream: AsyncIterable<Buffer>, name: string): AsyncIterable<ScriptLine> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let number = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, start)) {
      bytes += end - start;
      if (bytes <= MAX_BYTES) parts.push(chunk.subarray(start, end));
      yield lineOf(parts, bytes, `${name}:${(number += 1)}`);
      parts = [];
      bytes = 0;
      start = end + 1;
    }
    bytes += chunk.length - start;
    if (bytes <= MAX_BYTES) parts.push(chunk.subarray(start));
    else parts = [];
  }
  if (bytes > 0) yield lineOf(parts, bytes, `${name}:${number + 1}`);
}

function lineOf(parts: readonly Buffer[], bytes: number, where: string): ScriptLine {
  if (bytes > MAX_BYTES) {
    return { problem: new BusError('too-large', `The line is longer than ${MAX_BYTES} bytes`), where };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(Buffer.concat(parts));
    return { text: text.endsWith('\r') ? text.slice(0, -1) : text, where };
  } catch (cause) {
    return { problem: new BusError('not-utf8', 'The line is not UTF-8', { cause }), where };
  }
}

/**
 * A file as a stream whose failure is told in words.
 *
 * @throws BusError `usage`, when it is read
 */
export async function* readable(stream: AsyncIterable<Buffer>, file: string): AsyncIterable<Buffer> {
  try {
    yield* stream;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new BusError('usage', `Cannot read ${quoted(file)}: ${code ?? String(cause)}`, { cause });
  }
}
