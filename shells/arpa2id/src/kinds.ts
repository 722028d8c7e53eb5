import type { Kind } from '@arpa2amqp/directory';

/** `names.ts` says more, and in words. */
const DOMAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/;
const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** What a person reads: a name, an organisation. */
const TEXT = { required: true, maxLength: 256 } as const;

/** `uid@domain`; users, groups and roles of a domain are all of this form, so no two may have one name. */
const IDENTITY_NAMESPACE = 'uid';

/**
 * The entries behind the identities. A user, group or role is `uid@domain`; what stands below it is a second part:
 * `john+work@`, `devs+john@`, `sales+mary@`. A member or occupant refers to the user or alias that it stands for.
 */
export const KINDS = [
  {
    name: 'domain',
    parents: [''],
    namespace: 'domain',
    key: DOMAIN,
    attributes: { organisation: TEXT, owner: { required: true, maxLength: 512 } },
    references: {},
    ldap: {
      objectClasses: ['organization', 'domainRelatedObject', 'arpa2IdentityDomain'],
      rdn: 'associatedDomain',
      attributes: { organisation: 'o', owner: 'arpa2Owner' },
    },
  },
  {
    name: 'user',
    parents: ['domain'],
    namespace: IDENTITY_NAMESPACE,
    key: NAME,
    attributes: { name: TEXT },
    references: {},
    ldap: { objectClasses: ['arpa2IdentityUser'], rdn: 'uid', attributes: { name: 'cn' } },
  },
  {
    name: 'alias',
    parents: ['user'],
    namespace: 'alias',
    key: NAME,
    attributes: {},
    references: {},
    ldap: { objectClasses: ['arpa2IdentityAlias'], rdn: 'arpa2Alias', attributes: {} },
  },
  {
    name: 'group',
    parents: ['domain'],
    namespace: IDENTITY_NAMESPACE,
    key: NAME,
    attributes: { name: TEXT },
    references: {},
    ldap: { objectClasses: ['arpa2IdentityGroup'], rdn: 'uid', attributes: { name: 'cn' } },
  },
  {
    name: 'member',
    parents: ['group'],
    namespace: 'member',
    key: NAME,
    attributes: {},
    references: { identity: { to: ['user', 'alias'], required: true } },
    ldap: {
      objectClasses: ['arpa2IdentityMember'],
      rdn: 'arpa2Member',
      attributes: { identity: 'arpa2StandsFor' },
    },
  },
  {
    name: 'role',
    parents: ['domain'],
    namespace: IDENTITY_NAMESPACE,
    key: NAME,
    attributes: { name: TEXT },
    references: {},
    ldap: { objectClasses: ['arpa2IdentityRole'], rdn: 'uid', attributes: { name: 'cn' } },
  },
  {
    name: 'occupant',
    parents: ['role'],
    namespace: 'occupant',
    key: NAME,
    attributes: {},
    references: { identity: { to: ['user', 'alias'], required: true } },
    ldap: {
      objectClasses: ['arpa2IdentityOccupant'],
      rdn: 'arpa2Occupant',
      attributes: { identity: 'arpa2StandsFor' },
    },
  },
] as const satisfies readonly Kind[];
