import { quoteWord } from '@arpa2amqp/grammar';
import type { Completion } from '../terminal/index.js';
import { fileNamesFor } from './file-names.js';
import { fileSourceOf } from './input-source.js';
import { BASE64, type Redirection } from './redirection.js';

type Found = Pick<Completion, 'candidates' | 'placeholders'>;

const NOTHING: Found = { candidates: [], placeholders: [] };
const END: Found = {
  candidates: [],
  placeholders: [{ name: '<word>', help: 'The lines up to one that is this word are the input' }],
};
const IN_BASE64 = { text: BASE64, label: BASE64, help: 'The bytes of a file in base64', isPart: true };

/** What can stand behind a `<` or `<<`. */
export async function completeInput(
  redirection: Redirection,
  quote: "'" | '"' | null,
  signal: AbortSignal,
): Promise<Found> {
  if (redirection.kind === 'document') return redirection.target === null ? END : NOTHING;
  const { name, isInHome, isBase64 } = fileSourceOf(redirection);
  const names = await fileNamesFor({ name, isInHome }, signal);
  const candidates = names.map(({ value, label, isDirectory }) => ({
    text: typedName(value, { isInHome, isBase64, quote }),
    label,
    isPart: isDirectory,
  }));
  const isPrefix = !isBase64 && !isInHome && quote === null && BASE64.startsWith(name);
  return { candidates: isPrefix ? [...candidates, IN_BASE64] : candidates, placeholders: [] };
}

/** Names that would be taken for something else, such as standard input, or for no name: `./` in front makes names of them. */
const NEEDS_FOLDER = /^(?:[-~<>&(]|base64:|[\w-]+>$)/;

/** A tilde only counts where it is not quoted. */
function typedName(
  name: string,
  { isInHome, isBase64, quote }: { isInHome: boolean; isBase64: boolean; quote: "'" | '"' | null },
): string {
  const prefix = isBase64 ? BASE64 : '';
  const whole = !isInHome && NEEDS_FOLDER.test(name) ? `./${name}` : name;
  if (quote !== null) return quoteWord(`${prefix}${whole}`, quote);
  return `${prefix}${isInHome ? '~/' : ''}${quoteWord(whole, whole.includes('<<') ? "'" : null)}`;
}
