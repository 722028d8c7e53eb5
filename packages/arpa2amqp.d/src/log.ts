import { pino, type DestinationStream, type Logger } from 'pino';

/** The levels of the log, by severity. */
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/**
 * Members that may hold secrets or what users sent. No call passes them on purpose; redaction is the second lock.
 */
const SECRET_MEMBERS = [
  'password',
  'token',
  'payload',
  'plaintext',
  'body',
  'stdin',
  'stdin_',
  'stdout',
  'keytabContents',
];

/**
 * Makes the daemon's log: JSON lines on stderr, written at once so that nothing is lost when the process dies.
 *
 * @param level - the least severe messages that are written
 * @param destination - stderr unless given
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { name: 'arpa2amqp.d', pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET_MEMBERS.flatMap((member) => [member, `*.${member}`, `*.*.${member}`]),
        censor: '[redacted]',
      },
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  );
}
