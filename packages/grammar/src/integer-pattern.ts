/**
 * A regular expression, without anchors, for exactly the plain decimal integers from `min` to `max` (inclusive): JSON Schema has no
 * limits for integers written as strings.
 */
export function integerPattern(min: number, max: number): string {
  const patterns: string[] = [];
  if (min < 0) patterns.push(...naturals(Math.max(1, -max), -min).map((pattern) => `-${pattern}`));
  if (max >= 0) patterns.push(...naturals(Math.max(0, min), max));
  return patterns.join('|');
}

/** Patterns for the integers from `from` to `to`, neither below 0. */
function naturals(from: number, to: number): string[] {
  const patterns: string[] = [];
  for (let low = String(from); low.length <= String(to).length; low = `1${'0'.repeat(low.length)}`) {
    const nines = '9'.repeat(low.length);
    patterns.push(...ofOneLength(low, low.length < String(to).length ? nines : String(to)));
  }
  return patterns;
}

/** Patterns for the digits from `low` to `high`, which are equally many. */
function ofOneLength(low: string, high: string): string[] {
  const first = Number(low.charAt(0));
  const last = Number(high.charAt(0));
  const [restOfLow, restOfHigh] = [low.slice(1), high.slice(1)];
  if (first === last) {
    return restOfLow === '' ? [low] : ofOneLength(restOfLow, restOfHigh).map((pattern) => `${first}${pattern}`);
  }
  const isLowWhole = /^0*$/.test(restOfLow);
  const isHighWhole = /^9*$/.test(restOfHigh);
  const below = isLowWhole ? [] : ofOneLength(low, `${first}${'9'.repeat(restOfLow.length)}`);
  const above = isHighWhole ? [] : ofOneLength(`${last}${'0'.repeat(restOfHigh.length)}`, high);
  const [from, to] = [isLowWhole ? first : first + 1, isHighWhole ? last : last - 1];
  return [...below, ...(from > to ? [] : [digits(from, to, restOfLow.length)]), ...above];
}

/** A first digit from `from` to `to`, then any digits. */
function digits(from: number, to: number, others: number): string {
  const first = from === to ? String(from) : `[${from}-${to}]`;
  if (others === 0) return first;
  return others === 1 ? `${first}[0-9]` : `${first}[0-9]{${others}}`;
}
