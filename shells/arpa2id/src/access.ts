import type { CommandDefinition } from '@arpa2amqp/shell';

/** A command of this shell. Nothing is kept between the commands of a batch. */
export type IdCommand = CommandDefinition<undefined>;

/** Class of the domains themselves; instances are domains, `example.com`. */
export const DOMAIN_CLASS = 'arpa2id.domain';

/**
 * Class of everything under a domain. Its instances are users, groups and roles, `john@example.com`, which share one space of
 * names; the domain is asked when the identity has no entry.
 */
export const USER_CLASS = 'arpa2id.user';

/** The instance of a domain. The commands refuse whatever `lower` alone does not make canonical. */
export const DOMAIN = '<domain:lower>';

/** The instances of a user, group or role. @param variable - the one that holds its name */
export function identityIn(variable: string): readonly string[] {
  return [`<${variable}:lower>@${DOMAIN}`, DOMAIN];
}

/** What every command says of its variables. */
export const HELP = {
  domain: 'Name of the domain, such as example.com',
  uid: 'Name of the user',
  alias: 'Name of the alias, the second part of user+alias',
  gid: 'Name of the group',
  role: 'Name of the role',
  member: 'Name of the member, the second part of group+member',
  occupant: 'Name of the occupant, the second part of role+occupant',
  force: 'Remove what is in the way too',
} as const;
