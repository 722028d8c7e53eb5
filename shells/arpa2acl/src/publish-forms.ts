import type { AclStore } from '@arpa2amqp/acl';
import type { Call } from '@arpa2amqp/shell';
import type { Published, Publisher } from './publisher.js';
import { refused } from './refusal.js';

/** A command has 30 s by default, and its answer has to go out in them. */
const WAIT_MS = 20_000;

/** `acl publish`: sends now. It has failed when a host does not have everything in the end. */
export async function publishLists(publisher: Publisher, call: Call<undefined>): Promise<void> {
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

/** `acl hosts`: which hosts have which changes. */
export function showHosts(publisher: Publisher, { position: newest, followed }: AclStore, call: Call<undefined>): void {
  call.json({
    position: newest,
    ...(followed === null ? {} : { follows: { sender: followed.sender, position: followed.position } }),
    hosts: publisher.states.map(({ address, position, error }) => ({
      address,
      ...(position === null ? {} : { position, pending: Math.max(0, newest - position) }),
      ...(error === null ? {} : { error }),
    })),
  });
}

function isCurrent({ position, newest, error }: Published): boolean {
  return error === null && position === newest;
}

function lineOf(host: Published): string {
  const { address, position, newest, error, isRepeated } = host;
  if (isCurrent(host)) return `${address}: has all changes, up to ${newest}`;
  const has = position === null ? 'has not answered' : `has changes up to ${position} of ${newest}`;
  const next = isRepeated ? 'tried again by itself' : 'not tried again: it is not in "publish.to"';
  return `${address}: ${has}; ${error ?? 'under way'}; ${next}`;
}
