import { ADMINISTRATION, ADMINISTRATION_CHAIN, describeDecision, parseIdentity, REPLICATION } from '@arpa2amqp/acl';
import type { AclStore, Right } from '@arpa2amqp/acl';
import { ShellError, type Call, type CommandDefinition, type Need } from '@arpa2amqp/shell';

/** A command of this shell; its sessions have no state. */
export type AclCommand = CommandDefinition<undefined>;

const CLASS = ADMINISTRATION.class;

/** Asked with these words, of the class whose lists are meant, then of all classes. */
export const onClass = (rights: string, words: readonly string[]): Need => ({
  with: words,
  rights,
  class: CLASS,
  instances: ['<class>'],
});

/** Asked with these words, of all classes: whoever may edit groups, for instance, can give himself every right. */
export const onAll = (rights: string, words: readonly string[]): Need => ({ with: words, rights, class: CLASS });

/**
 * Whoever has a right on all classes, but with an entry of his own on the lists of this shell lacks it there, must not get
 * round that entry with a command on everything. Needs have no word for a resource that no variable names.
 *
 * @throws ShellError `denied`
 */
export function checkNotExcepted(store: AclStore, call: Call<undefined>, right: Right): void {
  const decision = store.decide(parseIdentity(call.caller.identity), right, [ADMINISTRATION_CHAIN[0]]);
  if (decision.selector === null || decision.isGranted) return;
  throw new ShellError(describeDecision(decision), { code: 'denied' });
}

/** What a host needs that sends its lists here. Not a part of the class above: an administrator does not have it by chance. */
export const toReplicate = (words: readonly string[]): Need => ({ with: words, rights: 'W', class: REPLICATION.class });
