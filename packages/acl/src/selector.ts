import { quoted } from '@arpa2amqp/protocol';
import { AclError } from './acl-error.js';
import {
  isDomain,
  isService,
  parseIdentity,
  parseStoredIdentity,
  problemWithCharacters,
  type Identity,
} from './identity.js';

declare const brand: unique symbol;

/**
 * An identity, or one with parts left out: `@example.com` those of exactly that domain, `@.example.com` those strictly
 * below it, `@.` everyone; `+@example.com`, `+@.example.com` and `+@.` the same for services only.
 */
export type Selector = Identity | (string & { readonly [brand]: 'selector' });

/**
 * Reads a selector. `@` and the empty text are refused, lest a slip lets everyone in: everyone is `@.`.
 *
 * @throws AclError `acl-invalid-selector`
 */
export function parseSelector(text: string): Selector {
  return selectorOf(text, parseIdentity);
}

/**
 * Reads a selector as a store may hold it, as {@link parseStoredIdentity} reads an identity.
 *
 * @throws AclError `acl-invalid-selector`
 */
export function parseStoredSelector(text: string): Selector {
  return selectorOf(text, parseStoredIdentity);
}

type IdentityParser = (text: string) => Identity;

function selectorOf(text: string, parse: IdentityParser): Selector {
  const problem = problemOf(text, parse);
  if (problem !== null) throw new AclError('acl-invalid-selector', `Cannot read selector ${quoted(text)}: ${problem}`);
  return text.toLowerCase() as Selector;
}

function problemOf(text: string, parse: IdentityParser): string | null {
  const character = problemWithCharacters(text);
  if (character !== null) return character;
  const selector = text.toLowerCase();
  const at = selector.indexOf('@');
  if (at < 0) return 'it has no @; a whole domain is written @example.com';
  const local = selector.slice(0, at);
  const domain = selector.slice(at + 1);
  if (domain === '') return 'the domain is missing; everyone is written @.';
  if (local === '' || local === '+') return problemWithDomain(domain);
  if (domain.startsWith('.')) return 'a name goes with one whole domain, since names of other domains are other people';
  try {
    parse(text);
    return null;
  } catch (error) {
    return (error as AclError).message.replace(/^.*": /s, '');
  }
}

function problemWithDomain(domain: string): string | null {
  const labels = domain.startsWith('.') ? domain.slice(1) : domain;
  if (domain === '.' || isDomain(labels)) return null;
  return 'after the @ stands a domain, a dot and a domain, or one dot for everyone';
}

/**
 * The selectors by domain that match an identity, the most specific first: its domain, then what lies above, one label
 * at a time, then everyone. For a service, `+@` comes before `@` at each of them.
 */
export function domainSelectorsOf(identity: Identity): readonly Selector[] {
  const domain = identity.slice(identity.indexOf('@') + 1);
  const domains = [domain];
  for (let dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) domains.push(domain.slice(dot));
  domains.push('.');
  const selectors = isService(identity) ? domains.flatMap((d) => [`+@${d}`, `@${d}`]) : domains.map((d) => `@${d}`);
  return selectors as Selector[];
}

/** Whether a selector names one user, alias, service, group or role, rather than everyone of a domain. */
export function isNamed(selector: Selector): selector is Identity {
  return !selector.startsWith('@') && !selector.startsWith('+@');
}

/**
 * What kind of selector one is: `user`, `alias`, `service`, or for one by domain what stands before the labels and how many
 * they are. A list can tell by it that it has no selector of the kind.
 */
export function shapeOf(selector: Selector): string {
  const at = selector.indexOf('@');
  if (at > 1 || (at === 1 && !selector.startsWith('+'))) {
    const plus = selector.indexOf('+');
    return plus === 0 ? 'service' : plus > 0 ? 'alias' : 'user';
  }
  let labels = selector.endsWith('.') ? 0 : 1;
  let dot = selector.indexOf('.', at + 2);
  for (; dot >= 0; dot = selector.indexOf('.', dot + 1)) labels += 1;
  return `${selector.slice(0, selector.startsWith('.', at + 1) ? at + 2 : at + 1)}${labels}`;
}
