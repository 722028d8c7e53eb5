import {
  chainOf,
  describeDecision,
  formatAccessList,
  formatRights,
  parseIdentity,
  parseRights,
  resourceOf,
  RIGHTS,
  type AclStore,
  type ListSummary,
  type Right,
} from '@arpa2amqp/acl';
import type { Call } from '@arpa2amqp/shell';
import { leftOutWords, Reach } from './reach.js';
import { resourceIn } from './words.js';

/** `acl list`: which lists there are. */
export function listLists(store: AclStore, call: Call<undefined>): void {
  const className = call.optional('class');
  const instance = call.optional('instance');
  const summaries = store.summarize(className === undefined ? undefined : resourceOf(className, instance).class);
  const hidden = new Set(new Reach(store, call.caller).excepted('R', classesOf(summaries)));
  call.json({
    lists: summaries
      .filter(({ resource }) => instance === undefined || resource.instance === instance)
      .filter(({ resource }) => !hidden.has(resource.class))
      .map(({ resource, serial, entries }) => ({ ...resource, serial, entries })),
    ...(hidden.size === 0 ? {} : { note: leftOutWords(hidden.size) }),
  });
}

const classesOf = (summaries: readonly ListSummary[]): readonly string[] => {
  return summaries.map(({ resource }) => resource.class);
};

/** `acl show`: one list, in the text form that `acl set` takes. */
export function showList(store: AclStore, call: Call<undefined>): void {
  const { resource, serial, list } = store.readList(resourceIn(call));
  call.json({ ...resource, serial, entry: formatAccessList(list) });
}

/** `acl test`: which rights somebody holds, and why. */
export function testAccess(store: AclStore, call: Call<undefined>): void {
  const identity = parseIdentity(call.value('identity'));
  const resource = resourceIn(call);
  const chain = chainOf(resource.class, resource.instance);
  const decisions = (Object.keys(RIGHTS) as Right[]).map((right) => store.decide(identity, right, chain));
  const held = decisions.filter(({ isGranted }) => isGranted).map(({ right }) => right);
  call.json({
    identity,
    ...resource,
    rights: formatRights(parseRights(`%${held.join('')}`)),
    decisions: decisions.map((decision) => ({
      right: decision.right,
      granted: decision.isGranted,
      ...(decision.selector === null ? {} : { selector: decision.selector, instance: decision.resource.instance }),
      ...(decision.via.length === 0 ? {} : { via: decision.via }),
      reason: describeDecision(decision),
    })),
  });
}
