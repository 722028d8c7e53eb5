import type { AclStore } from '@arpa2amqp/acl';
import { quoted } from '@arpa2amqp/protocol';
import type { Call } from '@arpa2amqp/shell';
import type { Published, Publisher } from './publisher.js';
import { Reach } from './reach.js';
import { denied, refused } from './refusal.js';

/** A command has 30 s by default, and its answer has to go out in them. */
const WAIT_MS = 20_000;

/** `acl publish`: sends now. It has failed when a host does not have everything in the end; the shell goes on with it. */
export async function publishLists(publisher: Publisher, store: AclStore, call: Call<undefined>): Promise<void> {
  checkReach(publisher, store, call);
  const hosts = await publisher.publish(call.all('address'), WAIT_MS);
  if (hosts.length === 0) {
    throw refused('There are no hosts to send to: name one, or configure "publish.to" of arpa2acl');
  }
  if (hosts.every(isCurrent)) {
    call.json({ hosts: hosts.map(({ address, position }) => ({ address, position, pending: 0 })) });
    return;
  }
  for (const host of hosts) call.complain(lineOf(host));
}

/**
 * A host of the caller's choice gets the lists of all classes, to keep and to go by. Those in "publish.to" have them anyway.
 *
 * @throws ShellError `denied`
 */
function checkReach(publisher: Publisher, store: AclStore, call: Call<undefined>): void {
  const [guest] = publisher.guestsOf(call.all('address'));
  if (guest === undefined) return;
  const [kept] = new Reach(store, call.caller).exceptedForEdits(store.listClasses());
  if (kept === undefined) return;
  throw denied(
    `Nothing was sent: ${guest} is not in "publish.to", and an entry keeps you from reading or editing the lists of ${quoted(kept)}`,
  );
}

/** `acl hosts`: which hosts have which changes. */
export function showHosts(publisher: Publisher, { position: newest, followed }: AclStore, call: Call<undefined>): void {
  call.json({
    position: newest,
    ...(followed === null ? {} : { follows: { sender: followed.sender, position: followed.position } }),
    hosts: publisher.states.map(({ address, position, error, isRepeated, untilMs }) => ({
      address,
      ...(position === null ? {} : { position, pending: Math.max(0, newest - position) }),
      ...(error === null ? {} : { error }),
      ...(untilMs === null ? {} : { once: true, ...(isRepeated ? { until: dateOf(untilMs) } : {}) }),
    })),
  });
}

function isCurrent({ position, newest, error }: Published): boolean {
  return error === null && position === newest;
}

function lineOf(host: Published): string {
  const { address, position, newest, error, isRepeated, untilMs } = host;
  if (isCurrent(host)) return `${address}: has all changes, up to ${newest}`;
  const has = position === null ? 'has not answered' : `has changes up to ${position} of ${newest}`;
  const next = isRepeated ? 'tried again by itself' : 'not tried again';
  const until = isRepeated && untilMs !== null ? ` until ${dateOf(untilMs)}, it is not in "publish.to"` : '';
  return `${address}: ${has}; ${error ?? 'under way'}; ${next}${until}`;
}

/** To the minute: nobody waits for the second. */
const dateOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`;
