import type { Readable } from 'node:stream';
import { quoted } from '@arpa2amqp/protocol';
import { LogValve } from './log-valve.js';
import type { Logger } from './logger.js';

const MAX_LINE = 200;

/**
 * Logs what a shell's process prints by itself, a line each, cut and quoted, never more than 20 lines in 10 s. It is always
 * read: a process whose pipe is full would stand still.
 */
export function logStrayOutput(stream: Readable, fields: Readonly<Record<string, unknown>>, logger: Logger): void {
  const valve = new LogValve(logger, fields, 'shell-stray-output-dropped');
  const log = (line: string) => valve.log('warn', quoted(line, MAX_LINE), 'shell-stray-output');
  let partial = '';
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
    valve.close();
  });
}
