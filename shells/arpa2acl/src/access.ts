import { ADMINISTRATION, REPLICATION } from '@arpa2amqp/acl';
import type { CommandDefinition, Need } from '@arpa2amqp/shell';

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

/**
 * Asked with these words, of all classes: whoever may edit groups, for instance, can give himself every right. Asked of the lists of
 * this shell as well: whoever has an entry of his own there that lacks the right must not get round it with a command on everything.
 */
export const onAll = (rights: string, words: readonly string[]): readonly Need[] => [
  { with: words, rights, class: CLASS },
  { with: words, rights, class: CLASS, instances: [CLASS] },
];

/** What a host needs that sends its lists here. Not a part of the class above: an administrator does not have it by chance. */
export const toReplicate = (words: readonly string[]): Need => ({ with: words, rights: 'W', class: REPLICATION.class });
