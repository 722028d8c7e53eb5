import { quoted } from '@arpa2amqp/protocol';
import { AclError } from './acl-error.js';
import { parseIdentity, type Identity } from './identity.js';

/** Groups and roles differ in name only. */
export type GroupKind = 'group' | 'role';

/**
 * Reads the identity of a group or role, which has neither alias nor the `+` of a service.
 *
 * @throws AclError `acl-invalid-identity`
 */
export function parseGroup(text: string): Identity {
  const group = parseIdentity(text);
  if (!group.includes('+')) return group;
  throw new AclError('acl-invalid-identity', `Cannot name a group or role ${quoted(text)}: it cannot hold a +`);
}
