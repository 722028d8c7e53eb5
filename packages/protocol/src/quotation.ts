/** Controls, invisible and bidirectional characters, and lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const escaped = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`;

/**
 * Quotes a string that came from a peer or a user so that it can stand in a message or a log: cut, and with control,
 * bidirectional and invisible characters escaped.
 *
 * @param text - the string
 * @param maxLength - characters kept, 100 unless told
 */
export function quoted(text: string, maxLength = 100): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}...` : text;
  return `"${cut.replace(/["\\]/g, '\\$&').replace(UNSAFE, escaped)}"`;
}
