import { BusError, quoted, suggestion } from '@arpa2amqp/protocol';

/** What a command's output goes through: `| include TEXT`, ... */
export type Filter =
  { readonly kind: 'include' | 'exclude' | 'begin'; readonly text: string } | { readonly kind: 'count' | 'json' };

/** The words that may stand behind a `|`, with a line of help. */
export const FILTERS: Readonly<Record<Filter['kind'], string>> = {
  include: 'only the lines that hold a text',
  exclude: 'only the lines that do not hold a text',
  begin: 'from the first line that holds a text',
  count: 'the number of lines',
  json: 'the reply as JSON',
};

/**
 * Reads what stands behind a `|`. The text is taken as it is, no pattern: a pattern could keep the shell busy for ever.
 *
 * @param words - the words up to the next `|`
 * @throws BusError `syntax`
 */
export function readFilter(words: readonly string[], isFirst: boolean): Filter {
  const [kind, ...rest] = words;
  const names = Object.keys(FILTERS);
  if (kind === undefined) throw new BusError('syntax', `A filter is missing behind "|": ${names.join(', ')}`);
  const text = rest.join(' ');
  switch (kind) {
    case 'include':
    case 'exclude':
    case 'begin':
      if (text === '') throw new BusError('syntax', `The text to look for is missing: | ${kind} TEXT`);
      return { kind, text };
    case 'count':
    case 'json':
      if (rest.length > 0) throw new BusError('syntax', `| ${kind} takes nothing behind it`);
      if (kind === 'json' && !isFirst) throw new BusError('syntax', '| json must be the first filter');
      return { kind };
    default:
      throw new BusError('syntax', `There is no filter ${quoted(kind)}${suggestion(kind, names)}`);
  }
}

/** Sends text through filters. */
export function applyFilters(text: string, filters: readonly Filter[]): string {
  if (filters.length === 0) return text;
  let lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  for (const filter of filters) lines = apply(lines, filter);
  return lines.map((line) => `${line}\n`).join('');
}

function apply(lines: string[], filter: Filter): string[] {
  switch (filter.kind) {
    case 'include':
      return lines.filter((line) => line.includes(filter.text));
    case 'exclude':
      return lines.filter((line) => !line.includes(filter.text));
    case 'begin': {
      const first = lines.findIndex((line) => line.includes(filter.text));
      return first < 0 ? [] : lines.slice(first);
    }
    case 'count':
      return [String(lines.length)];
    case 'json':
      return lines;
  }
}
