import { BusError } from '@arpa2amqp/protocol';
import { BASE64, redirectionFault, type Redirection } from './redirection.js';

/** Where the input of a command is to come from. */
export type InputSource =
  /** The text below the line. */
  { readonly kind: 'document' } | FileSource;

/** A file, or the standard input of this program. */
export interface FileSource {
  readonly kind: 'file' | 'standard-input';
  /** Of a file: its name, without the `~/` that is in front of one in the home directory. */
  readonly name: string;
  readonly isInHome: boolean;
  /** Its bytes are sent in base64. */
  readonly isBase64: boolean;
}

/**
 * What the redirections of a line ask for; null for none.
 *
 * @throws BusError `syntax`
 */
export function inputSourceOf(redirections: readonly Redirection[]): InputSource | null {
  for (const redirection of redirections) {
    const fault = redirectionFault(redirection);
    if (fault !== undefined) throw new BusError('syntax', fault);
  }
  const [only, another] = redirections;
  if (another !== undefined) throw new BusError('syntax', 'The input is given twice: leave one "<" or "<<" out');
  if (only === undefined) return null;
  return only.kind === 'document' ? { kind: 'document' } : fileSourceOf(only);
}

/** The file that a redirection names. */
export function fileSourceOf({ target, typed }: Redirection): FileSource {
  const text = target ?? '';
  const isBase64 = text.startsWith(BASE64);
  const name = isBase64 ? text.slice(BASE64.length) : text;
  if (name === '-') return { kind: 'standard-input', name, isInHome: false, isBase64 };
  // Quoted, a tilde is a letter.
  const isInHome = typed.startsWith(isBase64 ? `${BASE64}~/` : '~/');
  return { kind: 'file', name: isInHome ? name.slice(2) : name, isInHome, isBase64 };
}
