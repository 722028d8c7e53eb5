import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { BusError, quoted } from '@arpa2amqp/protocol';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Opens, or makes, a file that only its owner may write.
 *
 * @param isAppended - every write goes to the end of it, wherever that is then
 * @throws BusError `config` for a link, something that is no file, or a file of others; an error of the system
 */
export function openOwnFile(path: string, isAppended = false): number {
  // O_NONBLOCK: a pipe in its place must not stop us.
  const fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | (isAppended ? O_APPEND : 0), 0o600);
  const problem = problemOf(fstatSync(fd));
  if (problem === null) return fd;
  closeSync(fd);
  throw new BusError('config', `Cannot use ${quoted(path, 300)}: ${problem}`);
}

function problemOf(stats: Stats): string | null {
  if (!stats.isFile()) return 'it is no file';
  if (stats.uid !== process.geteuid?.()) return 'it belongs to somebody else';
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) return 'others may write to it, take that right away (chmod go-w)';
  return null;
}
