import { readFile } from 'node:fs/promises';
import { BusError, quoted } from '@arpa2amqp/protocol';

/**
 * Reads a file that a setting names, such as a certificate.
 *
 * @param what - what is in it, for the error
 * @throws BusError `config` when it cannot be read
 */
export async function readSettingFile(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new BusError('config', `Cannot read ${what} from ${quoted(file)}: ${code ?? 'unknown reason'}`, { cause });
  }
}

/**
 * Reads the password from a file that a setting names. A line end at its end is no part of it; a blank may be.
 *
 * @throws BusError `config` when it cannot be read
 */
export async function readPasswordFile(file: string): Promise<string> {
  const text = (await readSettingFile(file, 'the password')).toString('utf8');
  return text.replace(/\r?\n$/, '');
}
