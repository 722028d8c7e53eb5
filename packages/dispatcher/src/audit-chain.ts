import { createHash, hash } from 'node:crypto';

/** Where a chain ends: the number and the hash of its last line. */
export interface ChainHead {
  readonly sequence: number;
  /** SHA-256 of the line without its line feed, in hexadecimal. */
  readonly hash: string;
}

/** What the first line of all follows on. */
export const GENESIS: ChainHead = Object.freeze({ sequence: 0, hash: '0'.repeat(64) });

/** Lines that follow one another in a chain. */
export interface Links {
  /** Of the last one. */
  readonly head: ChainHead;
  /** Each with its line feed. */
  readonly bytes: Buffer;
}

/** More than the number and the hash take before a line. */
const LINK_BYTES = 112;

/**
 * Gives each line its number and the hash of the line before it.
 *
 * @param bodies - the lines from their third member on, in ASCII, each with its line feed: `"time":...}`
 * @param lines - how many they are
 */
export function link(head: ChainHead, bodies: string, lines: number): Links {
  let { sequence, hash: last } = head;
  const bytes = Buffer.allocUnsafeSlow(bodies.length + lines * LINK_BYTES);
  let size = 0;
  for (let at = 0, end = bodies.indexOf('\n') + 1; end > 0; at = end, end = bodies.indexOf('\n', at) + 1) {
    sequence += 1;
    const written = bytes.write(`{"seq":${sequence},"prev":"${last}",${bodies.slice(at, end)}`, size, 'latin1');
    // In one shot and from bytes: a hash object a line takes three times as long, a string twice.
    last = hash('sha256', new Uint8Array(bytes.buffer, size, written - 1), 'hex');
    size += written;
  }
  return { head: { sequence, hash: last }, bytes: bytes.subarray(0, size) };
}

/** A line as it claims to stand in a chain. */
export interface Claim {
  readonly sequence: number;
  /** Of the line before it. */
  readonly previous: string;
}

const CLAIM = /^\{"seq":([1-9]\d{0,15}),"prev":"([0-9a-f]{64})",/;

/** Reads what a line claims; null when it is none of a chain. */
export function claimOf(line: Buffer): Claim | null {
  const text = line.toString('latin1');
  const [, sequence, previous] = CLAIM.exec(text) ?? [];
  if (sequence === undefined || previous === undefined || !isObject(text)) return null;
  return { sequence: Number(sequence), previous };
}

/** Where the chain would end with this line. */
export function headAt(line: Buffer, sequence: number): ChainHead {
  return { sequence, hash: createHash('sha256').update(line).digest('hex') };
}

function isObject(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
