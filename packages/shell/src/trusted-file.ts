import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { BusError, quoted } from '@arpa2amqp/protocol';

const WRITABLE_BY_OTHERS = 0o002;
const STICKY = 0o1000;

/**
 * Refuses a file that anyone may write, or replace in its folder: what the daemon runs would be anybody's choice.
 * @throws BusError `config`
 */
export async function refuseWorldWritable(file: string): Promise<void> {
  await refuseMode(file, (mode) => (mode & WRITABLE_BY_OTHERS) !== 0);
  // In a sticky folder such as /tmp others can add files but not replace this one.
  await refuseMode(path.dirname(file), (mode) => (mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0);
}

async function refuseMode(file: string, isBad: (mode: number) => boolean): Promise<void> {
  const { mode } = await stat(file);
  if (isBad(mode)) {
    throw new BusError('config', `${quoted(file, 300)} may be written by everyone, take that right away (chmod o-w)`);
  }
}

/**
 * The real path of a file that a manifest names by `./path`. Links are followed, but not out of the manifest's folder: the
 * folder is what an operator looks at and trusts.
 * @throws BusError `config` when it does not exist, leaves the folder or may be written by everyone.
 */
export async function fileInFolder(folder: string, name: string, manifest: string): Promise<string> {
  let file: string;
  try {
    file = await realpath(path.join(folder, name));
  } catch (error) {
    throw new BusError('config', `${manifest}: there is no ${quoted(name)}, build or install it first`, {
      cause: error,
    });
  }
  if (!file.startsWith(`${folder}${path.sep}`)) {
    throw new BusError('config', `${manifest}: ${quoted(name)} is outside the folder of the manifest`);
  }
  await refuseWorldWritable(file);
  return file;
}
