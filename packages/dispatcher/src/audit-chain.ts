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

/**
 * Gives each line its number and the hash of the line before it.
 *
 * @param bodies - the lines from their third member on, in ASCII, each with its line feed: `"time":...}`
 */
export function link(head: ChainHead, bodies: string): Links {
  let { sequence, hash: last } = head;
  let text = '';
  for (let at = 0, end = bodies.indexOf('\n'); end >= 0; at = end + 1, end = bodies.indexOf('\n', at)) {
    sequence += 1;
    const line = `{"seq":${sequence},"prev":"${last}",${bodies.slice(at, end)}`;
    // In one shot and from a string: a hash object a line takes twice as long, a view of bytes to hash a third longer.
    last = hash('sha256', line, 'hex');
    text += `${line}\n`;
  }
  return { head: { sequence, hash: last }, bytes: Buffer.from(text, 'latin1') };
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
