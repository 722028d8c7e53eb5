import type { Readable } from 'node:stream';
import { quoted } from '@arpa2amqp/protocol';
import type { Logger } from './logger.js';

const MAX_LINE = 200;
const MAX_LINES = 20;
const WINDOW_MS = 10_000;

/**
 * Logs what a shell's process prints by itself, a line each, cut and quoted, never more than 20 lines in 10 s. It is always
 * read: a process whose pipe is full would stand still.
 */
export function logStrayOutput(stream: Readable, fields: Readonly<Record<string, unknown>>, logger: Logger): void {
  let partial = '';
  let lines = 0;
  let dropped = 0;
  let windowEnd = 0;
  const log = (line: string) => {
    const now = Date.now();
    if (now >= windowEnd) {
      if (dropped > 0) logger.warn({ ...fields, dropped }, 'shell-stray-output-dropped');
      lines = 0;
      dropped = 0;
      windowEnd = now + WINDOW_MS;
    }
    lines += 1;
    if (lines <= MAX_LINES) logger.warn({ ...fields, text: quoted(line, MAX_LINE) }, 'shell-stray-output');
    else dropped += 1;
  };
  stream.setEncoding('utf8');
  stream.on('error', () => undefined);
  stream.on('data', (text: string) => {
    const found = text.split('\n');
    found[0] = partial + (found[0] ?? '');
    partial = (found.pop() ?? '').slice(0, MAX_LINE + 1);
    for (const line of found) if (line !== '') log(line);
  });
  stream.on('close', () => {
    if (partial !== '') log(partial);
    if (dropped > 0) logger.warn({ ...fields, dropped }, 'shell-stray-output-dropped');
  });
}
