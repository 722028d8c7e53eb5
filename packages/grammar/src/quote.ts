const MAX_CHARACTERS = 100;

/** Cuts to 100 characters, never through a surrogate pair. */
export function cut(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text;
  const head = text.slice(0, MAX_CHARACTERS - 3);
  return `${/[\uD800-\uDBFF]$/.test(head) ? head.slice(0, -1) : head}...`;
}

/** Quotes and cuts a stranger's text; what a terminal or a log could act on (controls, bidi marks, halves of pairs) is escaped. */
export function quoted(text: string): string {
  const safe = cut(text).replace(/["\\\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '"' || character === '\\' ? `\\${character}` : `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  );
  return `"${safe}"`;
}

/** Quotes the last of the words, as many as fit; a line may hold 100,000 of them. */
export function quotedTail(words: readonly string[], end: number): string {
  let tail = '';
  let index = end - 1;
  for (; index >= 0 && tail.length < MAX_CHARACTERS - 10; index -= 1) {
    const word = words[index] ?? '';
    const next = tail === '' ? word : `${word} ${tail}`;
    if (tail !== '' && next.length > MAX_CHARACTERS - 10) break;
    tail = next;
  }
  return quoted(index >= 0 ? `... ${tail}` : tail);
}

/** Joins alternatives for a person: `a`, `a or b`, `a, b or c`, and no more than ten of them. */
export function orList(items: readonly string[]): string {
  const shown = items.length > 10 ? [...items.slice(0, 9), `${items.length - 9} more`] : items;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1) ?? ''}`;
}
