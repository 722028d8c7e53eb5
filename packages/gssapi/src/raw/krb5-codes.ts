import type { GssErrorCode } from '../error-codes.js';

// Minor status values of MIT's Kerberos 5 mechanism, as signed numbers: libkrb5's table (krb5.h), the mechanism's own
// (gssapi_err_krb5.et, base 39756032) and errno.

/** What a call is made for: one side of a context, or (`acquire`) tickets of a client. */
export type Side = 'initiate' | 'accept' | 'acquire';

type Meaning =
  GssErrorCode | { readonly initiate: GssErrorCode; readonly accept: GssErrorCode; readonly acquire?: GssErrorCode };

/** A missing key or file is a matter of tickets for an initiator and of keytabs for an acceptor. */
const CREDENTIAL: Meaning = { initiate: 'gss-no-credentials', accept: 'gss-no-keytab' };

const MEANINGS: Readonly<Record<number, Meaning>> = {
  [-1765328383]: 'gss-credentials-refused', // KRB5KDC_ERR_NAME_EXP
  [-1765328382]: 'gss-unknown-service', // KRB5KDC_ERR_SERVICE_EXP
  [-1765328378]: 'gss-unknown-user', // KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN
  [-1765328377]: 'gss-unknown-service', // KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN
  [-1765328373]: 'gss-credentials-refused', // KRB5KDC_ERR_NEVER_VALID
  [-1765328372]: 'gss-credentials-refused', // KRB5KDC_ERR_POLICY
  [-1765328366]: 'gss-credentials-refused', // KRB5KDC_ERR_CLIENT_REVOKED
  [-1765328365]: 'gss-unknown-service', // KRB5KDC_ERR_SERVICE_REVOKED
  [-1765328364]: 'gss-credentials-refused', // KRB5KDC_ERR_TGT_REVOKED
  [-1765328361]: 'gss-credentials-refused', // KRB5KDC_ERR_KEY_EXP
  [-1765328360]: 'gss-credentials-refused', // KRB5KDC_ERR_PREAUTH_FAILED
  [-1765328355]: 'gss-no-kdc', // KRB5KDC_ERR_SVC_UNAVAILABLE
  // KRB5KRB_AP_ERR_BAD_INTEGRITY: a client's own key does not fit the KDC's answer, or a key does not fit a peer's token.
  [-1765328353]: { initiate: 'gss-bad-token', accept: 'gss-wrong-service', acquire: 'gss-credentials-refused' },
  [-1765328352]: 'gss-credentials-expired', // KRB5KRB_AP_ERR_TKT_EXPIRED
  [-1765328351]: 'gss-clock-skew', // KRB5KRB_AP_ERR_TKT_NYV
  [-1765328350]: 'gss-duplicate-token', // KRB5KRB_AP_ERR_REPEAT
  [-1765328349]: 'gss-wrong-service', // KRB5KRB_AP_ERR_NOT_US
  [-1765328348]: 'gss-bad-token', // KRB5KRB_AP_ERR_BADMATCH
  [-1765328347]: 'gss-clock-skew', // KRB5KRB_AP_ERR_SKEW
  [-1765328345]: 'gss-bad-token', // KRB5KRB_AP_ERR_BADVERSION
  [-1765328344]: 'gss-bad-token', // KRB5KRB_AP_ERR_MSG_TYPE
  [-1765328343]: 'gss-bad-token', // KRB5KRB_AP_ERR_MODIFIED
  [-1765328340]: 'gss-stale-keytab', // KRB5KRB_AP_ERR_BADKEYVER
  [-1765328339]: 'gss-wrong-service', // KRB5KRB_AP_ERR_NOKEY
  [-1765328338]: 'gss-bad-token', // KRB5KRB_AP_ERR_MUT_FAIL
  [-1765328316]: 'gss-unknown-realm', // KRB5KDC_ERR_WRONG_REALM
  [-1765328250]: 'gss-bad-name', // KRB5_PARSE_MALFORMED
  [-1765328249]: 'gss-bad-configuration', // KRB5_CONFIG_CANTOPEN
  [-1765328248]: 'gss-bad-configuration', // KRB5_CONFIG_BADFORMAT
  [-1765328245]: CREDENTIAL, // KRB5_CC_BADNAME
  [-1765328244]: CREDENTIAL, // KRB5_CC_UNKNOWN_TYPE
  [-1765328243]: CREDENTIAL, // KRB5_CC_NOTFOUND
  [-1765328242]: CREDENTIAL, // KRB5_CC_END
  [-1765328241]: 'gss-no-credentials', // KRB5_NO_TKT_SUPPLIED
  [-1765328240]: 'gss-wrong-service', // KRB5KRB_AP_WRONG_PRINC
  [-1765328239]: 'gss-bad-token', // KRB5KRB_AP_ERR_TKT_INVALID
  [-1765328237]: 'gss-bad-token', // KRB5_KDCREP_MODIFIED
  [-1765328236]: 'gss-clock-skew', // KRB5_KDCREP_SKEW
  [-1765328230]: 'gss-unknown-realm', // KRB5_REALM_UNKNOWN
  [-1765328228]: 'gss-no-kdc', // KRB5_KDC_UNREACH
  [-1765328205]: 'gss-no-keytab', // KRB5_KT_BADNAME
  [-1765328204]: 'gss-no-keytab', // KRB5_KT_UNKNOWN_TYPE
  [-1765328203]: CREDENTIAL, // KRB5_KT_NOTFOUND
  [-1765328202]: 'gss-no-keytab', // KRB5_KT_END
  [-1765328200]: 'gss-no-keytab', // KRB5_KT_IOERR
  [-1765328191]: CREDENTIAL, // KRB5_CC_IO
  [-1765328190]: CREDENTIAL, // KRB5_FCC_PERM
  [-1765328189]: CREDENTIAL, // KRB5_FCC_NOFILE
  [-1765328185]: CREDENTIAL, // KRB5_CC_FORMAT
  [-1765328174]: 'gss-credentials-refused', // KRB5_PREAUTH_FAILED
  [-1765328172]: CREDENTIAL, // KRB5_CCACHE_BADVNO
  [-1765328171]: 'gss-no-keytab', // KRB5_KEYTAB_BADVNO
  [-1765328167]: 'gss-unknown-realm', // KRB5_ERR_HOST_REALM_UNKNOWN
  [-1765328164]: 'gss-no-kdc', // KRB5_REALM_CANT_RESOLVE
  [-1765328160]: 'gss-bad-configuration', // KRB5_CONFIG_NODEFREALM
  [-1765328155]: 'gss-no-keytab', // KRB5_KT_NAME_TOOLONG
  [-1765328154]: 'gss-stale-keytab', // KRB5_KT_KVNONOTFOUND
  [-1765328149]: 'gss-no-keytab', // KRB5_KT_FORMAT
  39756032: 'gss-no-credentials', // KG_CCACHE_NOMATCH
  39756033: 'gss-no-keytab', // KG_KEYTAB_NOMATCH
  39756034: 'gss-no-credentials', // KG_TGT_MISSING
  39756044: 'gss-no-credentials', // KG_EMPTY_CCACHE
  2: CREDENTIAL, // ENOENT
  13: CREDENTIAL, // EACCES
};

/** What a minor status means to a user, or undefined when the major status says it better. */
export function minorCode(minor: number, side: Side): GssErrorCode | undefined {
  const meaning = MEANINGS[minor | 0];
  return typeof meaning === 'object' ? (meaning[side] ?? meaning.initiate) : meaning;
}
