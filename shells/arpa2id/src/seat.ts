import type { Entry, Path } from '@arpa2amqp/directory';
import type { Call } from '@arpa2amqp/shell';
import { ShellError } from '@arpa2amqp/shell';
import { identityOf, inWords, keyOf, principalPath } from './identity-path.js';
import type { IdentityStore, IdentityView } from './identity-store.js';
import { printList } from './listing.js';
import { domainName, localName } from './names.js';
import { removalOf } from './removal.js';

/** A place in a group or role, under a name of its own: `devs+john@example.com` stands for `john+work@example.com`. */
export interface SeatWords {
  readonly kind: 'member' | 'occupant';
  readonly above: 'group' | 'role';
  /** The variable that holds the name of the group or role. */
  readonly aboveVariable: 'gid' | 'role';
  /** Member of the answer that lists them. */
  readonly plural: string;
}

/** Adds a seat for a user or an alias of the same domain. */
export async function addSeat(store: IdentityStore, call: Call, words: SeatWords): Promise<void> {
  const path = seatPath(call, words);
  const target = targetOf(call);
  if (target === undefined) throw new TypeError('the grammar asks for a <uid>');
  await store.change(async (view) => {
    const entry = await view.entry(target);
    await view.free(path);
    return {
      changes: [{ op: 'add', path, references: { identity: [entry.id] } }],
      unchanged: [entry],
      result: undefined,
    };
  }, call.signal);
  call.json({ identity: identityOf(path), for: identityOf(target) });
}

/** Removes a seat; when an identity is given, only if the seat is for that one. */
export async function removeSeat(store: IdentityStore, call: Call, words: SeatWords): Promise<void> {
  const path = seatPath(call, words);
  const target = targetOf(call);
  const reply = await store.change(async (view) => {
    const entry = await view.entry(path);
    if (target !== undefined) await checkTarget(view, entry, target);
    return removalOf([entry]);
  }, call.signal);
  call.json(reply);
}

/** Lists the seats of a group or role and whom they are for. */
export async function listSeats(store: IdentityStore, call: Call, words: SeatWords): Promise<void> {
  const { kind, plural } = words;
  const rowsOf = async (entries: readonly Entry[], view: IdentityView): Promise<readonly object[]> => {
    const holders = await view.holdersOf(entries);
    return entries.map(({ path }, index) => {
      const [, user, alias] = holders[index] ?? [];
      return {
        [kind]: keyOf(path),
        ...(user === undefined ? {} : { uid: user[1] }),
        ...(alias === undefined ? {} : { alias: alias[1] }),
      };
    });
  };
  await printList(store, call, { parent: abovePath(call, words), kind, plural, rowsOf });
}

/** The user or alias that the command names; undefined when it names none. @throws ShellError */
export function targetOf(call: Call): Path | undefined {
  const uid = call.optional('uid');
  if (uid === undefined) return undefined;
  const user = principalPath(domainName(call.value('domain')), 'user', localName(uid, 'user'));
  const alias = call.optional('alias');
  return alias === undefined ? user : [...user, ['alias', localName(alias, 'alias')]];
}

async function checkTarget(view: IdentityView, entry: Entry, target: Path): Promise<void> {
  await view.entry(target);
  const [actual = null] = await view.holdersOf([entry]);
  if (actual !== null && identityOf(actual) === identityOf(target)) return;
  // Whom it stands for is told by the list, to who may read that.
  throw new ShellError(`The ${inWords(entry.path)} does not stand for ${identityOf(target)}`);
}

function abovePath(call: Call, { above, aboveVariable }: SeatWords): Path {
  const domain = domainName(call.value('domain'));
  return principalPath(domain, above, localName(call.value(aboveVariable), above));
}

function seatPath(call: Call, words: SeatWords): Path {
  return [...abovePath(call, words), [words.kind, localName(call.value(words.kind), words.kind)]];
}
