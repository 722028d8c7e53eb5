import { ResultCodeError } from 'ldapts';
import { quoted } from '@arpa2amqp/protocol';
import { DIRECTORY_ERRORS, DirectoryError, type DirectoryErrorCode } from './directory-error.js';

/** Results of LDAP (RFC 4511, appendix A) that are not simply failures. */
export const RESULT = {
  noSuchObject: 32,
  notAllowedOnNonLeaf: 66,
  entryAlreadyExists: 68,
  assertionFailed: 122,
} as const;

/** Whether the server answered, and answered so. */
export function isResult(error: unknown, ...codes: readonly number[]): boolean {
  return error instanceof ResultCodeError && codes.includes(error.code);
}

type Meaning = readonly [code: DirectoryErrorCode, words: string];

const LIMIT: Meaning = [
  'directory-config',
  'the server does not give us that many entries; raise its limits for us, see docs/ldap.md',
];
const SCHEMA: Meaning = [
  'directory-config',
  'the schema of the server does not allow it; load schemas/ldap/arpa2.ldif, see docs/ldap.md',
];
const REFUSED: Meaning = ['directory-denied', 'the server does not let us; check its access rules, see docs/ldap.md'];
const PASSWORD: Meaning = [
  'directory-denied',
  'the server does not accept who we say we are; check the DN and the password in "bind"',
];
const PROTECTION: Meaning = ['directory-denied', 'the server wants a protected connection; use ldaps:// or ldapi://'];
const VALUE: Meaning = ['directory-invalid', 'the server does not accept a name or value in it'];
const BUSY: Meaning = ['directory-unavailable', 'the server has no time for it now; try again'];

const MEANINGS: Readonly<Record<number, Meaning>> = {
  3: BUSY,
  4: LIMIT,
  7: ['directory-config', 'the server does not offer SASL EXTERNAL; use "bind"'],
  8: PROTECTION,
  11: LIMIT,
  13: PROTECTION,
  17: SCHEMA,
  19: VALUE,
  20: VALUE,
  21: VALUE,
  32: ['directory-missing', 'the server has no such entry'],
  34: VALUE,
  48: PASSWORD,
  49: PASSWORD,
  50: REFUSED,
  51: BUSY,
  52: BUSY,
  53: REFUSED,
  64: VALUE,
  65: SCHEMA,
  66: ['directory-not-empty', 'there are entries below it'],
  68: ['directory-exists', 'there is such an entry already'],
  122: ['directory-conflict', 'somebody else has changed it in the meantime; look at it again and repeat the change'],
};

/**
 * Turns what ldapts and Node throw into an error of this package; one of this package stays as it is.
 *
 * @param action - what failed, as in "read the directory"
 */
export function ldapError(error: unknown, action: string): DirectoryError {
  if (error instanceof DirectoryError) return error;
  const { message } = error as Error;
  if (!(error instanceof ResultCodeError)) {
    const words = 'the server cannot be reached, or does not answer; check that it runs, then try again';
    return new DirectoryError('directory-unavailable', `Cannot ${action}: ${words} (${quoted(message)})`, {
      cause: error,
    });
  }
  const [code, words] = meaningOf(error);
  const said = message === '' ? '' : ` ${quoted(message)}`;
  const told = DIRECTORY_ERRORS[code].reply === 'failed' ? `Cannot ${action}: ${words}` : undefined;
  return new DirectoryError(code, `Cannot ${action}: ${words} (LDAP result ${error.code}${said})`, {
    cause: error,
    told,
  });
}

function meaningOf({ code, message }: ResultCodeError): Meaning {
  // What is no object class for the server has "invalid syntax" for it.
  if (code === 21 && /objectClass/i.test(message)) return SCHEMA;
  return MEANINGS[code] ?? ['directory-unavailable', 'the server failed'];
}
