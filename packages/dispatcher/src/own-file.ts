import { closeSync, constants, fchmodSync, fstatSync, openSync, type Stats } from 'node:fs';
import { BusError, quoted } from '@arpa2amqp/protocol';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
const WRITABLE_BY_OTHERS = 0o022;
const OPEN_TO_OTHERS = 0o077;
const OWN = 0o600;

/**
 * Opens, or makes, a file that only its owner may read and write. The right of others to read it is taken away.
 *
 * @param isAppended - every write goes to the end of it, wherever that is then
 * @throws BusError `config` for a link, something that is no file, or a file of others; an error of the system
 */
export function openOwnFile(path: string, isAppended = false): number {
  // O_NONBLOCK: a pipe in its place must not stop us.
  const fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | (isAppended ? O_APPEND : 0), OWN);
  const problem = problemOf(fstatSync(fd)) ?? closeToOthers(fd);
  if (problem === null) return fd;
  closeSync(fd);
  throw new BusError('config', `Cannot use ${quoted(path, 300)}: ${problem}`);
}

/** Programs that rotate logs make them readable for a group or for all. */
function closeToOthers(fd: number): string | null {
  if ((fstatSync(fd).mode & OPEN_TO_OTHERS) === 0) return null;
  try {
    fchmodSync(fd, OWN);
    return null;
  } catch {
    return 'others may read it, and that right cannot be taken away: do so (chmod 0600)';
  }
}

function problemOf(stats: Stats): string | null {
  if (!stats.isFile()) return 'it is no file';
  if (stats.uid !== process.geteuid?.()) return 'it belongs to somebody else';
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) return 'others may write to it, take that right away (chmod go-w)';
  return null;
}
