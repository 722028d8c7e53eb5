import { Timestamps } from '@arpa2amqp/protocol';
import { pino, type DestinationStream, type Logger } from 'pino';
import { LogStream } from './log-stream.js';

/** The levels of the log, by severity. */
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/**
 * Members that may hold secrets or what users sent. No call passes them on purpose; this is the second lock. It is
 * done here because pino's own redaction with wildcards took 6 % of the daemon's time at one line a batch.
 */
const SECRET_MEMBERS: ReadonlySet<string> = new Set([
  'password',
  'token',
  'payload',
  'plaintext',
  'body',
  'stdin',
  'stdin_',
  'stdout',
  'stdout_',
]);
const MAX_DEPTH = 4;
const clock = new Timestamps();

/**
 * Makes the daemon's log: JSON lines on stderr, buffered for a moment; what is left when the process exits is written
 * then.
 *
 * @param level - the least severe messages that are written
 * @param destination - stderr unless given
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { name: 'arpa2amqp.d', pid: process.pid },
      timestamp: () => `,"time":"${clock.format(Date.now())}"`,
      // An error of the GSS-API carries the token that it made for the peer.
      serializers: { err: (error: Error) => redacted({ ...pino.stdSerializers.err(error) }, MAX_DEPTH) },
      formatters: { level: (label) => ({ level: label }), log: (fields) => redacted(fields, MAX_DEPTH) },
    },
    destination ?? new LogStream(),
  );
}

function redacted(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
  if (!Object.keys(fields).some((key) => SECRET_MEMBERS.has(key) || typeof fields[key] === 'object')) return fields;
  const clean: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (SECRET_MEMBERS.has(key) || Buffer.isBuffer(value)) clean[key] = '[redacted]';
    else if (depth > 0 && isPlainObject(value)) clean[key] = redacted(value, depth - 1);
    else clean[key] = value;
  }
  return clean;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
