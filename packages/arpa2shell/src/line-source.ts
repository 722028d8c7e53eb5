import { BusError, quoted } from '@arpa2amqp/protocol';

/** A line of a script, or why it is none. */
export type ScriptLine =
  | { readonly text: string; readonly where: string | null }
  | {
      readonly problem: BusError;
      readonly where: string;
      /** It holds a `<<` and is no comment, so the lines below may be text. */
      readonly mayOpenText: boolean;
    };

/** Lines over this many bytes are refused: no message could carry them. */
const MAX_BYTES = 1024 * 1024;
const LINE_END = 10;
const [HASH, LESS] = [0x23, 0x3c];

/**
 * The lines of a stream, as they come. A line that is too long or no UTF-8 is told and passed over.
 *
 * @param name - of the stream, for messages
 */
export async function* linesFrom(stream: AsyncIterable<Buffer>, name: string): AsyncIterable<ScriptLine> {
  let line = new LineBytes();
  let number = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, start)) {
      line.add(chunk.subarray(start, end));
      yield line.end(`${name}:${(number += 1)}`);
      line = new LineBytes();
      start = end + 1;
    }
    line.add(chunk.subarray(start));
  }
  if (line.size > 0) yield line.end(`${name}:${number + 1}`);
}

/** The bytes of a line as they come. Those of a line that is too long are not kept. */
class LineBytes {
  #parts: Buffer[] = [];
  #size = 0;
  #first: number | undefined;
  #last: number | undefined;
  #hasSign = false;

  get size(): number {
    return this.#size;
  }

  add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#hasSign ||= (this.#last === LESS && bytes[0] === LESS) || bytes.includes('<<');
    this.#first ??= bytes[0];
    this.#last = bytes.at(-1);
    this.#size += bytes.length;
    if (this.#size <= MAX_BYTES) this.#parts.push(bytes);
    else this.#parts = [];
  }

  end(where: string): ScriptLine {
    const mayOpenText = this.#hasSign && this.#first !== HASH;
    if (this.#size > MAX_BYTES) {
      const problem = new BusError('too-large', `The line is longer than ${MAX_BYTES} bytes`);
      return { problem, where, mayOpenText };
    }
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(Buffer.concat(this.#parts));
      return { text: text.endsWith('\r') ? text.slice(0, -1) : text, where };
    } catch (cause) {
      return { problem: new BusError('not-utf8', 'The line is not UTF-8', { cause }), where, mayOpenText };
    }
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
