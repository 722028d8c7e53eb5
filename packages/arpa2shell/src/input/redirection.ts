import type { LexedWord } from '@arpa2amqp/grammar';

/*
 * A word that begins with an unquoted `<` is no word of the command: `< FILE` and `<<WORD`, with or without a blank between. In
 * the middle of a word, and quoted, `<` is a letter like others. An unquoted `<<` there is refused: in a POSIX shell text follows.
 */

/** A `<` or `<<` of a line and what stands behind it. */
export interface Redirection {
  readonly kind: 'file' | 'document';
  /** `<<-`: tabs that lines begin with are dropped. */
  readonly isIndented: boolean;
  /** What stands behind it, without quotes; null when nothing does. */
  readonly target: string | null;
  /** The same as it was typed. */
  readonly typed: string;
  /** Where it begins in the line. */
  readonly start: number;
  /** Where what stands behind it begins, or would. */
  readonly targetStart: number;
  readonly end: number;
}

/** Words of a line, in two. */
export interface Redirected {
  readonly command: readonly LexedWord[];
  readonly redirections: readonly Redirection[];
}

/** What the name of a file begins with that is to be sent in base64. */
export const BASE64 = 'base64:';

/** Takes the redirections out of the words of a line. */
export function takeRedirections(line: string, words: readonly LexedWord[]): Redirected {
  const command: LexedWord[] = [];
  const redirections: Redirection[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) break;
    const sign = signOf(line, word);
    if (sign === null) {
      command.push(word);
      continue;
    }
    const next = words[at + 1];
    const isJoined = word.start + sign.length < word.end;
    const hasTarget = isJoined || (next !== undefined && next.isPipe !== true);
    if (!isJoined && hasTarget) at += 1;
    redirections.push(redirectionOf(line, sign, word, isJoined ? word : hasTarget ? next : undefined));
  }
  return { command, redirections };
}

const QUOTED = /\\[^]|'[^']*'|"[^"\\]*(?:\\[^][^"\\]*)*"/g;

/** The first of the words that has an unquoted `<<` inside: nobody can tell whether text follows, and up to where. */
export function wordWithSign(line: string, words: readonly LexedWord[]): LexedWord | undefined {
  if (!line.includes('<<')) return undefined;
  return words.find((word) => {
    const bare = line.slice(word.start, word.end).replace(QUOTED, '_');
    return bare.includes('<<', signOf(line, word)?.length ?? 0);
  });
}

/** Why a redirection cannot be followed; undefined when it can. */
export function redirectionFault({ kind, target, typed, start, targetStart }: Redirection): string | undefined {
  if (target === null || target === '' || target === BASE64) {
    if (kind === 'file') return 'The name of a file is missing behind "<"';
    return 'The word that ends the text is missing behind "<<"';
  }
  if (/^[<>&(]/.test(typed)) return 'Input is < FILE or <<WORD; a "<" in a value has to be quoted';
  // What help shows for a value, copied.
  if (kind === 'file' && targetStart === start + 1 && /^[\w-]+>$/.test(typed)) {
    return `<${typed} stands for a value: write one, or quote it`;
  }
  return undefined;
}

function signOf(line: string, { start, end }: LexedWord): '<' | '<<' | '<<-' | null {
  if (line.charAt(start) !== '<') return null;
  if (!line.startsWith('<<', start)) return '<';
  return line.startsWith('<<-', start) && start + 3 <= end ? '<<-' : '<<';
}

function redirectionOf(line: string, sign: string, word: LexedWord, holder: LexedWord | undefined): Redirection {
  const isJoined = holder === word;
  const targetStart = isJoined ? word.start + sign.length : (holder?.start ?? word.end);
  const end = holder?.end ?? word.end;
  return {
    kind: sign === '<' ? 'file' : 'document',
    isIndented: sign === '<<-',
    target: holder === undefined ? null : isJoined ? holder.text.slice(sign.length) : holder.text,
    typed: line.slice(targetStart, end),
    start: word.start,
    targetStart,
    end,
  };
}
