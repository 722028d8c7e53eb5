import { createReadStream } from 'node:fs';
import { BusError, DocumentValidator, parseStrictJson, quoted, type Limits } from '@arpa2amqp/protocol';
import { batchInputSchema, type BatchInputDocument } from '../generated/batch-input.js';

const validator = new DocumentValidator<BatchInputDocument>(batchInputSchema, 'invalid-batch');
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a file or standard input to its end, as much of it as a batch may have.
 *
 * @param file - path, or null for standard input
 * @throws BusError `usage` when it cannot be read, `invalid-batch` when it is too large, `not-utf8`
 */
export async function readInput(file: string | null, limits: Limits, signal: AbortSignal): Promise<string> {
  const stream = file === null ? process.stdin : createReadStream(file);
  const chunks: Buffer[] = [];
  let size = 0;
  const stop = (): void => void stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      // JSON may be indented generously; what is sent is measured again without the blanks.
      if (size > 4 * limits.maxMessageBytes) {
        throw new BusError(
          'invalid-batch',
          `The input is larger than ${4 * limits.maxMessageBytes} bytes: split the batch`,
        );
      }
    }
  } catch (cause) {
    if (cause instanceof BusError) throw cause;
    if (signal.aborted) throw new BusError('aborted', 'Reading the batch was interrupted: nothing was sent', { cause });
    const { code } = cause as NodeJS.ErrnoException;
    throw new BusError(
      'usage',
      `Cannot read ${file === null ? 'standard input' : quoted(file)}: ${code ?? String(cause)}`,
      { cause },
    );
  } finally {
    signal.removeEventListener('abort', stop);
  }
  try {
    return utf8.decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new BusError('not-utf8', 'The input is not UTF-8', { cause });
  }
}

/**
 * Parses the input: an array of commands, one command, or a batch object. The commands are checked when they are sent.
 *
 * @throws BusError of exit code 2
 */
export function parseInput(text: string, limits: Limits): BatchInputDocument {
  if (text.trim() === '')
    throw new BusError('invalid-batch', 'The input is empty: a JSON array of commands is expected');
  const document = parseStrictJson(text, limits.maxDepth);
  if (Array.isArray(document)) return { commands: document };
  if (typeof document !== 'object' || document === null) {
    throw new BusError('invalid-batch', 'The input must be an array of commands, a command or a batch object');
  }
  const isCommand = Object.hasOwn(document, 'do_') || Object.hasOwn(document, 'words_');
  const isBatch = !isCommand && Object.hasOwn(document, 'commands');
  return isBatch ? validator.check(document, 'The batch') : { commands: [document] };
}
