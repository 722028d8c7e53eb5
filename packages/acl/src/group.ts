import { quoted } from '@arpa2amqp/protocol';
import { AclError } from './acl-error.js';
import { parseIdentity, parseStoredIdentity, type Identity } from './identity.js';

/** Groups and roles differ in name only. */
export type GroupKind = 'group' | 'role';

/**
 * Reads the identity of a group or role, which has neither alias nor the `+` of a service.
 *
 * @throws AclError `acl-invalid-identity`
 */
export function parseGroup(text: string): Identity {
  return withoutAlias(parseIdentity(text), text);
}

/**
 * Reads the identity of a group or role as a store may hold it, as {@link parseStoredIdentity} reads that of anyone.
 *
 * @throws AclError `acl-invalid-identity`
 */
export function parseStoredGroup(text: string): Identity {
  return withoutAlias(parseStoredIdentity(text), text);
}

function withoutAlias(group: Identity, text: string): Identity {
  if (!group.includes('+')) return group;
  throw new AclError('acl-invalid-identity', `Cannot name a group or role ${quoted(text)}: it cannot hold a +`);
}
