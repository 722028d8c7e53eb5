import koffi from 'koffi';
import { declare, lazily } from './library.js';

// A block holds the out parameters and buffer descriptors of one call in one piece of memory outside V8's heap, so that a call is a
// row of addresses. Layout in words of 8 bytes: word 0 = minor status (low half) and one int (high half), words 1 to 15 = whatever the
// call needs; a gss_buffer_desc takes two words: length, address.
//
// Hazard: native code keeps reading and writing a block until the call returns. Synchronous calls share one block; an asynchronous
// call owns its own, which is held, with its inputs, by the callback.

const WORDS = 16;
const WORD_BYTES = 8;

const functions = lazily(() => ({
  releaseBuffer: declare('gss_release_buffer', ['pointer', 'pointer']),
  copy: koffi.load(null).func('memcpy', 'void *', ['void *', 'void *', 'size_t']) as (
    to: Uint8Array,
    from: bigint,
    length: number,
  ) => bigint,
}));

/** Zero for a pointer. */
export const NULL = 0n;

/** Memory for the parameters of one native call at a time. */
export class Block {
  readonly #halves: Uint32Array;
  readonly #words: BigUint64Array;
  readonly #addresses: readonly bigint[];
  readonly #held: unknown[] = [];

  constructor() {
    const bytes = Buffer.alloc(WORDS * WORD_BYTES);
    this.#halves = new Uint32Array(bytes.buffer, bytes.byteOffset, WORDS * 2);
    this.#words = new BigUint64Array(bytes.buffer, bytes.byteOffset, WORDS);
    const base = koffi.address(bytes);
    this.#addresses = Array.from({ length: WORDS }, (_, word) => base + BigInt(word * WORD_BYTES));
  }

  /** Address of the minor status. */
  get minorAddress(): bigint {
    return this.addressOf(0);
  }

  /** Minor status that the last call left, unsigned. */
  get minor(): number {
    return this.#halves[0] ?? 0;
  }

  /** Forgets what earlier calls left: outputs that a failed call does not touch must read as nothing. */
  clear(): void {
    this.#words.fill(0n);
    this.#held.length = 0;
  }

  /** Address of a word, to be passed as an out parameter or a buffer descriptor. */
  addressOf(word: number): bigint {
    return this.#addresses[word] ?? NULL;
  }

  /** Low half of a word: an out parameter of 32 bits. */
  uint32(word: number): number {
    return this.#halves[word * 2] ?? 0;
  }

  /** Sets the low half of a word. */
  setUint32(word: number, value: number): void {
    this.#halves[word * 2] = value;
  }

  /** A word as a pointer. */
  pointer(word: number): bigint {
    return this.#words[word] ?? NULL;
  }

  /** Sets a word to a pointer. */
  setPointer(word: number, value: bigint): void {
    this.#words[word] = value;
  }

  /** Makes two words a descriptor of these bytes, without copying them; they are held as long as the block is. */
  setInput(word: number, bytes: Uint8Array): void {
    this.#words[word] = BigInt(bytes.length);
    this.#words[word + 1] = bytes.length === 0 ? NULL : koffi.address(bytes);
    this.#held.push(bytes);
  }

  /** Copies what the library put into a descriptor, and gives the library's memory back. */
  takeOutput(word: number): Buffer {
    const length = Number(this.pointer(word));
    const address = this.pointer(word + 1);
    if (address === NULL) return Buffer.alloc(0);
    const bytes = Buffer.allocUnsafe(length);
    if (length > 0) functions().copy(bytes, address, length);
    functions().releaseBuffer(this.minorAddress, this.addressOf(word));
    return bytes;
  }

  /** Keeps something alive as long as the block is in use. */
  hold(value: unknown): void {
    this.#held.push(value);
  }
}

const shared = lazily(() => new Block());

/** The block of all synchronous calls, emptied: one at a time, never across an await or another such call. */
export function sharedBlock(): Block {
  const block = shared();
  block.clear();
  return block;
}
