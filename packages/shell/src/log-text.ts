import { quoted } from '@arpa2amqp/protocol';

/**
 * Makes a text that came from elsewhere fit to be a field of a log: cut, and with control, bidirectional and invisible characters
 * escaped. Not in quotes, which the log puts around it; what was made fit already stays as it is.
 *
 * @param maxLength - characters kept
 */
export function logText(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}...` : text;
  return cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => quoted(character).slice(1, -1));
}
