/** True when a character typed behind this text would be quoted. */
export function isInsideQuotes(text: string): boolean {
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\' && quote !== "'") {
      if (++at === text.length) return true;
    } else if (quote === '' && (character === "'" || character === '"')) {
      quote = character;
    } else if (character === quote) {
      quote = '';
    }
  }
  return quote !== '';
}
