import { closeSync, readFileSync } from 'node:fs';
import type { ChainHead } from './audit-chain.js';
import { openOwnFile } from './own-file.js';

/** The end of a chain, and where its last file begins. */
export interface ChainEnd extends ChainHead {
  /** Number of the first line of the file; null when that is not known, as of a stream. */
  readonly first: number | null;
}

/** The end of the chain as it was after the last write, kept beside the log: it tells when the end of the log was cut off. */
export interface KeptHead {
  readonly fd: number;
  /** Null: there was none, or it cannot be read. */
  readonly head: ChainEnd | null;
  readonly isDamaged: boolean;
}

/** @throws Error of the system, or BusError `config` */
export function openHead(path: string): KeptHead {
  const fd = openOwnFile(path);
  try {
    const text = readFileSync(fd, 'latin1');
    const head = parseHead(text);
    return { fd, head, isDamaged: text !== '' && head === null };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Reads what `writeHead` has written; null when it is not that. */
export function parseHead(text: string): ChainEnd | null {
  const [, sequence, hash, first] =
    /^\{"seq": *(\d{1,16}),"hash":"([0-9a-f]{64})","first": *(\d{1,16})\}\n$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined) return null;
  return { sequence: Number(sequence), hash, first: first === '0' ? null : Number(first) };
}
