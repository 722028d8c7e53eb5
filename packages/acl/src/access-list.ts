import { quoted } from '@arpa2amqp/protocol';
import { AclError } from './acl-error.js';
import { formatRights, parseRights, type Rights } from './rights.js';
import { parseSelector, parseStoredSelector, type Selector } from './selector.js';

/** The entries of one resource. A selector has one set of rights; the order means nothing. */
export type AccessList = ReadonlyMap<Selector, Rights>;

/**
 * Reads the text form of a list, `%RW john@example.com @example.com %R @.`: a word with one `%` sets the rights of the
 * selectors that follow it; a selector that itself begins with `%` is written with `%%`.
 *
 * @param text - one line; empty for the empty list
 * @param parse - reads a selector; `parseStoredSelector` for what a store wrote
 * @throws AclError `acl-invalid-list`, `acl-invalid-rights` or `acl-invalid-selector`, with `at` the index of the word
 */
export function parseAccessList(text: string, parse: SelectorParser = parseSelector): AccessList {
  return accessListOf(
    text.split(/[ \t]+/).filter((word) => word !== ''),
    parse,
  );
}

type SelectorParser = (text: string) => Selector;

/**
 * Reads the text form of a list from its words, as a command line gives them.
 *
 * @throws AclError as {@link parseAccessList}
 */
export function accessListOf(words: readonly string[], parse: SelectorParser = parseSelector): AccessList {
  const list = new Map<Selector, Rights>();
  let rights: Rights | null = null;
  let lastRights = -1;
  for (const [at, word] of words.entries()) {
    if (/^%(?!%)/.test(word)) {
      if (lastRights >= 0 && lastRights === at - 1) throw withoutSelector(words, lastRights);
      rights = placed(at, () => parseRights(word));
      lastRights = at;
      continue;
    }
    const selector = placed(at, () => parse(word.startsWith('%%') ? word.slice(1) : word));
    if (rights === null)
      throw invalid(at, `No rights stand before selector ${selector}: write them as in %RW ${selector}`);
    if (list.has(selector)) throw invalid(at, `Selector ${selector} stands twice in the list: leave one out`);
    list.set(selector, rights);
  }
  if (lastRights >= 0 && lastRights === words.length - 1) throw withoutSelector(words, lastRights);
  return list;
}

function withoutSelector(words: readonly string[], at: number): AclError {
  return invalid(at, `No selector follows on the rights ${words[at] ?? ''}: write them as in %RW user@example.com`);
}

/**
 * Reads the selector of an entry that is there, as it stands in the text form of a list: with `%%` when it begins with `%`.
 *
 * @throws AclError `acl-invalid-selector`
 */
export function parseEntrySelector(word: string): Selector {
  if (!/^%(?!%)/.test(word)) return parseStoredSelector(word.replace(/^%%/, '%'));
  const rule = 'one that begins with % is written with two, %%';
  throw new AclError('acl-invalid-selector', `Cannot read selector ${quoted(word)}: ${rule}`);
}

/** Writes a selector as it stands in the text form of a list. */
export const formatEntrySelector = (selector: string): string => selector.replace(/^%/, '%%');

/** Writes a list so that {@link parseAccessList} reads the same again; equal lists give equal texts. */
export function formatAccessList(list: AccessList): string {
  const byRights = new Map<string, string[]>();
  for (const [selector, rights] of list) {
    const word = formatRights(rights);
    const selectors = byRights.get(word) ?? [];
    byRights.set(word, selectors);
    selectors.push(formatEntrySelector(selector));
  }
  const groups = [...byRights].sort(([a], [b]) => (a < b ? -1 : 1));
  return groups.map(([word, selectors]) => [word, ...selectors.sort()].join(' ')).join(' ');
}

function invalid(at: number, message: string): AclError {
  return new AclError('acl-invalid-list', message.length > 300 ? `${message.slice(0, 300)}...` : message, { at });
}

function placed<T>(at: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof AclError) throw new AclError(error.code, error.message, { at, cause: error });
    throw error;
  }
}
