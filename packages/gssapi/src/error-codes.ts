/** One row of {@link GSS_ERRORS}. */
export interface GssErrorKind {
  /** True when the same call can succeed later without anybody doing something. */
  readonly retryable: boolean;
  /** What it means, one sentence without a full stop. */
  readonly summary: string;
  /** What a person can do about it, appended to the message; empty when there is nothing. */
  readonly advice: string;
}

/** Every `code` a {@link GssError} or {@link GssLibraryError} can carry. */
export type GssErrorCode =
  | 'gss-no-credentials'
  | 'gss-credentials-expired'
  | 'gss-credentials-refused'
  | 'gss-no-keytab'
  | 'gss-stale-keytab'
  | 'gss-no-kdc'
  | 'gss-unknown-service'
  | 'gss-unknown-user'
  | 'gss-unknown-realm'
  | 'gss-bad-configuration'
  | 'gss-clock-skew'
  | 'gss-wrong-service'
  | 'gss-context-expired'
  | 'gss-bad-token'
  | 'gss-duplicate-token'
  | 'gss-old-token'
  | 'gss-unsequenced-token'
  | 'gss-gap-token'
  | 'gss-not-confidential'
  | 'gss-bad-mechanism'
  | 'gss-bad-name'
  | 'gss-bad-bindings'
  | 'gss-unauthorized'
  | 'gss-unavailable'
  | 'gss-no-context'
  | 'gss-bad-call'
  | 'gss-disposed'
  | 'gss-failure'
  | 'gss-library-missing';

const final = (summary: string, advice = ''): GssErrorKind => ({ retryable: false, summary, advice });
const passing = (summary: string, advice: string): GssErrorKind => ({ retryable: true, summary, advice });

/** The catalogue of this package: every code, whether it is worth a retry, and what to do about it. */
export const GSS_ERRORS: Readonly<Record<GssErrorCode, GssErrorKind>> = {
  'gss-no-credentials': final(
    'There is no Kerberos ticket to use',
    'run "kinit" to get a ticket, or name a credentials cache or keytab',
  ),
  'gss-credentials-expired': final('The Kerberos ticket has expired', 'run "kinit" to get a new ticket'),
  'gss-credentials-refused': final(
    'The KDC refused the key or the account',
    'check the keytab or password and that the account is not locked',
  ),
  'gss-no-keytab': final(
    'The keytab is missing, unreadable or lacks the key of the service',
    'export the key of the service to the keytab with "ktadd" and check its permissions',
  ),
  'gss-stale-keytab': final(
    'The keytab has an older key than the ticket was made for',
    'export the key again with "ktadd", or get a new ticket if the key is newer',
  ),
  'gss-no-kdc': passing('No KDC of the realm can be reached', 'check the network and the "kdc" entries of krb5.conf'),
  'gss-unknown-service': final(
    'The KDC does not know the service',
    'check the name of the host and that its principal exists in the realm',
  ),
  'gss-unknown-user': final('The KDC does not know the user', 'check the name of the principal'),
  'gss-unknown-realm': final(
    'The realm is not known here',
    'check "default_realm", "realms" and "domain_realm" of krb5.conf',
  ),
  'gss-bad-configuration': final(
    'The Kerberos configuration cannot be used',
    'check the file krb5.conf or the variable KRB5_CONFIG',
  ),
  'gss-clock-skew': passing('The clocks of the two ends, or of one and the KDC, differ too much', 'set the clocks'),
  'gss-wrong-service': final(
    'The ticket is for another service, or made with a key that is not in the keytab',
    'check that both ends mean the same service name and key',
  ),
  'gss-context-expired': final(
    'The security context has expired with its ticket',
    'open a new context, with a new ticket if need be',
  ),
  'gss-bad-token': final('The token is damaged, forged, or made for another context'),
  'gss-duplicate-token': final('The token was seen before'),
  'gss-old-token': final('The token is too old to tell whether it was seen before'),
  'gss-unsequenced-token': final('A later token was processed before this one'),
  'gss-gap-token': final('An earlier token has not been received'),
  'gss-not-confidential': final(
    'The message is not encrypted',
    'ask for the confidentiality flag when opening the context',
  ),
  'gss-bad-mechanism': final('The mechanism is not Kerberos 5'),
  'gss-bad-name': final('The name is not valid'),
  'gss-bad-bindings': final('The channel bindings do not match'),
  'gss-unauthorized': final('The operation is not allowed by local policy'),
  'gss-unavailable': final('The operation is not available in this library'),
  'gss-no-context': final('The context is not established'),
  'gss-bad-call': final('The call was made with wrong arguments or at the wrong time'),
  'gss-disposed': final('The object was disposed before the call'),
  'gss-failure': final('The library reports a failure that has no code of its own'),
  'gss-library-missing': final('The GSS-API library is not installed', 'install the Debian package libgssapi-krb5-2'),
};
