import type { Entry } from '@arpa2amqp/directory';
import { ShellError } from '@arpa2amqp/shell';
import { inWords, kindOf } from './identity-path.js';

/** One and several of what can be in the way. */
const COUNTED: Readonly<Record<string, readonly [one: string, several: string]>> = {
  user: ['user', 'users'],
  alias: ['alias', 'aliases'],
  group: ['group', 'groups'],
  member: ['member', 'members'],
  role: ['role', 'roles'],
  occupant: ['occupant', 'occupants'],
};
/** The same seats, seen from those who have them. */
const OWN: typeof COUNTED = {
  ...COUNTED,
  member: ['membership', 'memberships'],
  occupant: ['occupation', 'occupations'],
};

/** The commands that name what can be in the way of a kind of entry. */
const NAMED_BY: Readonly<Record<string, string>> = {
  domain: 'user list, group list and role list name',
  user: 'user show names',
  alias: 'user show names',
  group: 'member list names',
  role: 'occupant list names',
};

/**
 * The error for an entry that stays. Who may delete it need not be one who may know the others: so it counts them, and says what names
 * them to who may read that.
 *
 * @param areAll - false: there may be more
 */
export function inTheWayError({ path }: Entry, others: readonly Entry[], areAll: boolean): ShellError {
  const kind = kindOf(path);
  const advice = `${NAMED_BY[kind] ?? ''} them; remove them before, or add the word force to remove them too`;
  const counts = countsOf(others, kind === 'user' || kind === 'alias' ? OWN : COUNTED);
  return new ShellError(`The ${inWords(path)} stays, because of ${areAll ? '' : 'at least '}${counts}: ${advice}`);
}

function countsOf(entries: readonly Entry[], words: typeof COUNTED): string {
  const counts = new Map<string, number>();
  for (const { path } of entries) counts.set(kindOf(path), (counts.get(kindOf(path)) ?? 0) + 1);
  const texts = Array.from(counts, ([kind, count]) => `${count} ${words[kind]?.[count === 1 ? 0 : 1] ?? kind}`);
  const last = texts.pop() ?? '';
  return texts.length === 0 ? last : `${texts.join(', ')} and ${last}`;
}
