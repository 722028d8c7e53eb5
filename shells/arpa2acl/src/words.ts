import { resourceOf, type AclStore, type Resource } from '@arpa2amqp/acl';
import type { Call } from '@arpa2amqp/shell';

/** Types of variables that several commands have. What they let through is read once more, by the rules of the lists. */
export const TYPES = {
  class: { type: 'pattern', pattern: '[a-z0-9_.-]{1,64}' },
  serial: { type: 'integer', min: 0 },
  entry: { type: 'pattern', pattern: '[^%@]*[%@][^]*' },
  rights: { type: 'pattern', pattern: '%[A-Za-z]{0,7}' },
} as const;

/** Lines of help for words that several commands have. */
export const HELP = {
  '<class>': 'Class of resources, such as arpa2dns.zone',
  '<instance>': "One resource of the class; '' is the default for all of them",
  '<serial>': 'Of the list as "acl show" printed it: refused when somebody has changed it since',
  serial: 'Only if the list is still as it was shown',
  force: 'Even if nobody is left who could edit the lists; "set" then needs no serial',
} as const;

/** The list that a command names. @throws AclError */
export function resourceIn(call: Call<undefined>): Resource {
  return resourceOf(call.value('class'), call.optional('instance') ?? '');
}

/** Says what an edit has done where that is not plain. */
export function reportEdit(call: Call<undefined>, store: AclStore, changed: number): void {
  if (changed === 0) call.print('Nothing to change');
  const { followed } = store;
  if (changed === 0 || followed === null) return;
  call.print(`The lists of this host come from ${followed.sender}: change them there, or this may be replaced`);
}
