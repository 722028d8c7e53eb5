import { identityOf, type RealmRules, type ServiceName } from '@arpa2amqp/protocol';
import { ownRealm } from '@arpa2amqp/session';

/** What decides which identity a principal is. */
export interface PrincipalRules {
  readonly realms: RealmRules;
  /** As which this host answers; null: not known. */
  readonly service: ServiceName | null;
}

/**
 * Makes identities of principals, by the rules for realms and by which realm is the own one.
 *
 * @param onUnknown - told when krb5.conf does not say which realm is the own one: then others are not kept out of its domain
 * @returns throws BusError `invalid-principal`
 * @throws BusError `security-failed` when krb5.conf cannot be read
 */
export function identifierOf(
  { realms, service }: PrincipalRules,
  onUnknown?: () => void,
): (principal: string) => string {
  const own = ownRealm(service);
  if (own === null) onUnknown?.();
  return (principal) => identityOf(principal, realms, own);
}

/**
 * Whether a text is meant as a principal rather than an identity: it has a `/`, or its realm has upper case or is one of the rules.
 */
export function isPrincipal(text: string, realms: RealmRules): boolean {
  const realm = text.slice(text.lastIndexOf('@') + 1);
  return text.includes('@') && (text.includes('/') || /[A-Z]/.test(realm) || Object.hasOwn(realms, realm));
}
