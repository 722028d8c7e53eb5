import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { BusError, DocumentValidator, quoted } from '@arpa2amqp/protocol';
import { shellConfigSchema, type ShellConfig } from '../generated/shell-config.js';

const validator = new DocumentValidator<ShellConfig>(shellConfigSchema, 'config');
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Reads the configuration file. Relative paths in it are relative to it. It decides where a restricted user may go, so it
 * must be root's, or the user's own where one is named, and nobody else's to write.
 *
 * @param isNamed - whether somebody named it: else it may be missing, and must be root's
 * @throws BusError `config`
 */
export async function readConfiguration(file: string, isNamed: boolean): Promise<ShellConfig> {
  try {
    const { uid, mode } = await stat(file);
    const isOwnerTrusted = uid === 0 || (isNamed && uid === process.getuid?.());
    if (!isOwnerTrusted || (mode & WRITABLE_BY_OTHERS) !== 0) {
      throw new BusError('config', `The configuration ${quoted(file)} must be root's and writable by nobody else`);
    }
    const { parse } = await import('yaml');
    const document = (parse(await readFile(file, 'utf8'), { uniqueKeys: true }) as unknown) ?? {};
    return withAbsolutePaths(validator.check(document, `The configuration ${quoted(file)}`), path.dirname(file));
  } catch (cause) {
    if (cause instanceof BusError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !isNamed) return {};
    throw new BusError('config', `Cannot read the configuration ${quoted(file)}: ${quoted(code ?? message)}`, {
      cause,
    });
  }
}

function withAbsolutePaths(config: ShellConfig, folder: string): ShellConfig {
  const absolute = (name: string): string => path.resolve(folder, name);
  return {
    ...config,
    ...(config.ca === undefined ? {} : { ca: absolute(config.ca) }),
    ...(config.krb5Config === undefined ? {} : { krb5Config: absolute(config.krb5Config) }),
    ...(config.shells === undefined ? {} : { shells: config.shells.map(absolute) }),
  };
}
