import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BusError, DEFAULT_LIMITS, quoted } from '@arpa2amqp/protocol';
import type { HereDocument } from './here-document.js';
import type { FileSource, InputSource } from './input-source.js';

/** What an {@link InputReader} may read. */
export interface InputReaderOptions {
  /** False for a user who has no other way to the files of this machine. */
  readonly mayReadFiles: boolean;
  /** The standard input of this program; null when something else is read of it. */
  readonly standardInput: AsyncIterable<Buffer> | null;
}

const MAX_BYTES = DEFAULT_LIMITS.maxStdinBytes;

/** Reads what a command is to get on its standard input, when the command is run. */
export class InputReader {
  readonly mayReadFiles: boolean;
  #standardInput: AsyncIterable<Buffer> | null;
  #isUsed = false;

  constructor({ mayReadFiles, standardInput }: InputReaderOptions) {
    this.mayReadFiles = mayReadFiles;
    this.#standardInput = standardInput;
  }

  /**
   * @param documents - the text below the line
   * @returns what is to be in `stdin_`
   * @throws BusError `usage`, `too-large`, `not-utf8`, `syntax` or `aborted`: nothing was sent
   */
  async read(
    source: InputSource,
    documents: readonly HereDocument[],
    signal: AbortSignal | undefined,
  ): Promise<string> {
    if (source.kind === 'document') {
      const [document] = documents;
      if (document?.isEnded !== true) throw new BusError('syntax', 'The text behind "<<" is missing');
      return document.text;
    }
    const isFile = source.kind === 'file';
    const name = isFile ? nameOf(source) : 'standard input';
    const bytes = isFile ? await this.#readFile(source, name, signal) : await this.#readStandardInput(signal);
    return source.isBase64 ? fitting(bytes.toString('base64'), name) : textOf(bytes, name);
  }

  async #readFile(source: FileSource, name: string, signal: AbortSignal | undefined): Promise<Buffer> {
    if (!this.mayReadFiles) {
      const ways = 'give the text behind <<WORD, or with < - what comes on standard input';
      throw new BusError('usage', `Files of this machine are not read in a restricted session: ${ways}`);
    }
    try {
      // Without waiting: the other end of a named pipe may never come.
      await using file = await open(pathOf(source), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      const stats = await file.stat();
      if (!stats.isFile()) throw notReadable(name, stats.isDirectory() ? 'it is a directory' : 'it is no regular file');
      return await readUpTo(file, name, signal);
    } catch (cause) {
      if (cause instanceof BusError) throw cause;
      const { code, message } = cause as NodeJS.ErrnoException;
      throw notReadable(name, WORDS.get(code ?? '') ?? code ?? message, cause);
    }
  }

  async #readStandardInput(signal: AbortSignal | undefined): Promise<Buffer> {
    const stream = this.#standardInput;
    this.#standardInput = null;
    if (stream === null) {
      const why = this.#isUsed ? 'a command before has read it' : 'the commands themselves come from it';
      throw notReadable('standard input', `${why}; give the text behind <<WORD`);
    }
    this.#isUsed = true;
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of stream) {
        size += chunk.length;
        if (size > MAX_BYTES) throw tooLarge('standard input');
        chunks.push(chunk);
      }
    } catch (cause) {
      if (cause instanceof BusError) throw cause;
      if (signal?.aborted === true) throw interrupted(cause);
      throw notReadable('standard input', String(cause), cause);
    }
    if (signal?.aborted === true) throw interrupted(signal.reason);
    return Buffer.concat(chunks, size);
  }
}

/** Where a file is. */
export function pathOf({ name, isInHome }: Pick<FileSource, 'name' | 'isInHome'>): string {
  return isInHome ? join(homedir(), name) : name;
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'you may not read it'],
  ['ENOTDIR', 'there is no such file'],
  // A socket.
  ['ENXIO', 'it is no regular file'],
]);

async function readUpTo(file: FileHandle, name: string, signal: AbortSignal | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    if (signal?.aborted === true) throw interrupted(signal.reason);
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(64 * 1024) });
    if (bytesRead === 0) return Buffer.concat(chunks, size);
    size += bytesRead;
    if (size > MAX_BYTES) throw tooLarge(name);
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

function textOf(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const advice = 'to a command that takes base64 it can be given as < base64:FILE';
    throw new BusError('not-utf8', `The input, ${name}, is not UTF-8: ${advice}`, { cause });
  }
}

/** What is sent is measured, not what is read. */
function fitting(text: string, name: string): string {
  if (text.length > MAX_BYTES) throw tooLarge(`${name} in base64`);
  return text;
}

function nameOf({ name, isInHome }: FileSource): string {
  return quoted(isInHome ? `~/${name}` : name);
}

function tooLarge(name: string): BusError {
  return new BusError('too-large', `The input, ${name}, is larger than ${MAX_BYTES} bytes: a command takes no more`);
}

function notReadable(name: string, why: string, cause?: unknown): BusError {
  return new BusError('usage', `Cannot read ${name}: ${why}`, cause === undefined ? {} : { cause });
}

function interrupted(cause: unknown): BusError {
  return new BusError('aborted', 'Interrupted: nothing was sent', { cause });
}
