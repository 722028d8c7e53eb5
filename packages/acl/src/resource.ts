import { quoted } from '@arpa2amqp/protocol';
import { AclError } from './acl-error.js';

/** What rights are held on. */
export interface Resource {
  /** For instance `arpa2dns.zone`. */
  readonly class: string;
  /** For instance `orvelte.nep`; empty for the default of the class. */
  readonly instance: string;
}

/** Resources to ask, one after the other. */
export type ResourceChain = readonly [Resource, ...Resource[]];

const MAX_INSTANCE_LENGTH = 512;
const CLASS = /^(?=.{1,64}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const INSTANCE = /^(?:[!-~]+(?: [!-~]+)*)?$/;

/**
 * The right to edit lists: right `W` on this resource. Its class has an instance for each class whose lists are to be edited,
 * asked before.
 */
export const ADMINISTRATION: Resource = Object.freeze({ class: 'arpa2acl', instance: '' });

/**
 * Asked, in this order, who may edit the lists of `arpa2acl` themselves, and so everything: right `W` or `A` here makes an
 * administrator.
 */
export const ADMINISTRATION_CHAIN: ResourceChain = Object.freeze([
  Object.freeze({ class: ADMINISTRATION.class, instance: ADMINISTRATION.class }),
  ADMINISTRATION,
]);

/** Who may send the lists of another host. Lists of this class are each host's own: what another host sends leaves them alone. */
export const REPLICATION: Resource = Object.freeze({ class: 'arpa2acl.replica', instance: '' });

/**
 * Names a resource.
 *
 * @param className - labels of lower-case letters, digits, `-` and `_`, parted by dots, at most 64 characters
 * @param instance - at most 512 characters of visible ASCII with single blanks inside; compared exactly, so whoever owns
 *   the class brings it into canonical form first. Empty, as when left out: the default of the class
 * @throws AclError `acl-invalid-resource`
 */
export function resourceOf(className: string, instance = ''): Resource {
  if (!CLASS.test(className)) {
    const rule = 'write labels of lower-case letters, digits, - and _, parted by dots';
    throw new AclError('acl-invalid-resource', `Cannot read resource class ${quoted(className)}: ${rule}`);
  }
  if (instance.length > MAX_INSTANCE_LENGTH || !INSTANCE.test(instance)) {
    const rule = `write at most ${MAX_INSTANCE_LENGTH} visible ASCII characters, with single blanks inside`;
    throw new AclError('acl-invalid-resource', `Cannot read resource instance ${quoted(instance)}: ${rule}`);
  }
  return { class: className, instance };
}

/** The instances in the given order, then the default of their class. */
export function chainOf(className: string, ...instances: readonly string[]): ResourceChain {
  const chain = instances.map((instance) => resourceOf(className, instance));
  const last = resourceOf(className);
  const [first, ...more] = chain.filter(({ instance }) => instance !== '');
  return first === undefined ? [last] : [first, ...more, last];
}

/** Writes a resource for people: `arpa2dns.zone "orvelte.nep"`, or `arpa2dns.zone` for the default of the class. */
export function formatResource(resource: Resource): string {
  return resource.instance === '' ? resource.class : `${resource.class} ${quoted(resource.instance)}`;
}
