import { createHash } from 'node:crypto';

/** Where a chain ends: the number and the hash of its last line. */
export interface ChainHead {
  readonly sequence: number;
  /** SHA-256 of the line without its line feed, in hexadecimal. */
  readonly hash: string;
}

/** What the first line of all follows on. */
export const GENESIS: ChainHead = Object.freeze({ sequence: 0, hash: '0'.repeat(64) });

/** Follows on the number of a line: room for the hash of the line before. */
export const LINK = `,"prev":"${GENESIS.hash}",`;
/** Where the hash is in it. */
export const HASH_OFFSET = LINK.indexOf(GENESIS.hash);

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
