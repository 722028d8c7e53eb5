import { closeSync, readFileSync } from 'node:fs';
import type { ChainHead } from './audit-chain.js';
import { openOwnFile } from './own-file.js';

/** The end of the chain as it was after the last write, kept beside the log: it tells when the end of the log was cut off. */
export interface KeptHead {
  readonly fd: number;
  /** Null: there was none, or it cannot be read. */
  readonly head: ChainHead | null;
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
export function parseHead(text: string): ChainHead | null {
  const [, sequence, hash] = /^\{"seq": *(\d{1,16}),"hash":"([0-9a-f]{64})"\}\n$/.exec(text) ?? [];
  return sequence === undefined || hash === undefined ? null : { sequence: Number(sequence), hash };
}
