import type { GssErrorCode } from '../error-codes.js';
import { GssError } from '../gss-error.js';
import { Block } from './block.js';
import { minorCode } from './krb5-codes.js';
import type { Side } from './krb5-codes.js';
import { declare, lazily } from './library.js';
import { oids } from './oids.js';

// RFC 2744 section 3.9.1: a major status holds a calling error (bits 24-31), a routine error (bits 16-23) and supplementary bits.

interface MajorKind {
  readonly name: string;
  readonly code: GssErrorCode;
  /** Says little by itself: the mechanism's minor status decides where it is known. */
  readonly vague?: true;
}

const CALLING: Readonly<Record<number, MajorKind>> = {
  1: { name: 'GSS_S_CALL_INACCESSIBLE_READ', code: 'gss-bad-call' },
  2: { name: 'GSS_S_CALL_INACCESSIBLE_WRITE', code: 'gss-bad-call' },
  3: { name: 'GSS_S_CALL_BAD_STRUCTURE', code: 'gss-bad-call' },
};

const ROUTINE: Readonly<Record<number, MajorKind>> = {
  1: { name: 'GSS_S_BAD_MECH', code: 'gss-bad-mechanism' },
  2: { name: 'GSS_S_BAD_NAME', code: 'gss-bad-name', vague: true },
  3: { name: 'GSS_S_BAD_NAMETYPE', code: 'gss-bad-name' },
  4: { name: 'GSS_S_BAD_BINDINGS', code: 'gss-bad-bindings' },
  5: { name: 'GSS_S_BAD_STATUS', code: 'gss-bad-call' },
  6: { name: 'GSS_S_BAD_SIG', code: 'gss-bad-token' },
  7: { name: 'GSS_S_NO_CRED', code: 'gss-no-credentials', vague: true },
  8: { name: 'GSS_S_NO_CONTEXT', code: 'gss-no-context' },
  9: { name: 'GSS_S_DEFECTIVE_TOKEN', code: 'gss-bad-token', vague: true },
  10: { name: 'GSS_S_DEFECTIVE_CREDENTIAL', code: 'gss-no-credentials', vague: true },
  11: { name: 'GSS_S_CREDENTIALS_EXPIRED', code: 'gss-credentials-expired' },
  12: { name: 'GSS_S_CONTEXT_EXPIRED', code: 'gss-context-expired' },
  13: { name: 'GSS_S_FAILURE', code: 'gss-failure', vague: true },
  14: { name: 'GSS_S_BAD_QOP', code: 'gss-bad-call' },
  15: { name: 'GSS_S_UNAUTHORIZED', code: 'gss-unauthorized' },
  16: { name: 'GSS_S_UNAVAILABLE', code: 'gss-unavailable' },
  17: { name: 'GSS_S_DUPLICATE_ELEMENT', code: 'gss-bad-call' },
  18: { name: 'GSS_S_NAME_NOT_MN', code: 'gss-bad-name' },
  19: { name: 'GSS_S_BAD_MECH_ATTR', code: 'gss-bad-mechanism' },
};

/** GSS_S_CONTINUE_NEEDED: the one supplementary bit that is no error. */
export const CONTINUE_NEEDED = 1;
/** GSS_S_CONTEXT_EXPIRED. */
export const CONTEXT_EXPIRED = (12 << 16) >>> 0;
/** GSS_S_CREDENTIALS_EXPIRED. */
export const CREDENTIALS_EXPIRED = (11 << 16) >>> 0;
/** GSS_S_DEFECTIVE_TOKEN. */
export const DEFECTIVE_TOKEN = (9 << 16) >>> 0;
/** GSS_S_NO_CRED. */
export const NO_CRED = (7 << 16) >>> 0;
/** GSS_S_BAD_MECH. */
export const BAD_MECH = (1 << 16) >>> 0;
/** GSS_S_NO_CONTEXT. */
export const NO_CONTEXT = (8 << 16) >>> 0;

const SUPPLEMENTARY: readonly (MajorKind & { readonly bit: number })[] = [
  { bit: 2, name: 'GSS_S_DUPLICATE_TOKEN', code: 'gss-duplicate-token' },
  { bit: 4, name: 'GSS_S_OLD_TOKEN', code: 'gss-old-token' },
  { bit: 8, name: 'GSS_S_UNSEQ_TOKEN', code: 'gss-unsequenced-token' },
  { bit: 16, name: 'GSS_S_GAP_TOKEN', code: 'gss-gap-token' },
];
const SUPPLEMENTARY_ERRORS = SUPPLEMENTARY.reduce((bits, kind) => bits | kind.bit, 0);

const GSS_CODE = 1;
const MECHANISM_CODE = 2;
const TEXTS_AT_MOST = 8;
const TEXT_CHARACTERS = 200;

const functions = lazily(() => ({
  displayStatus: declare('gss_display_status', ['pointer', 'uint32', 'uint32', 'pointer', 'pointer', 'pointer']),
}));

/** True when a major status is an error: calling, routine, or a supplementary bit other than CONTINUE_NEEDED. */
export function isError(major: number): boolean {
  return major >>> 16 !== 0 || (major & SUPPLEMENTARY_ERRORS) !== 0;
}

/** Names and code of a major status, by calling error, routine error and supplementary bits, in this order of weight. */
export function classify(major: number, minor: number, side: Side): { name: string; code: GssErrorCode } {
  const found: MajorKind[] = [
    CALLING[(major >>> 24) & 0xff],
    ROUTINE[(major >>> 16) & 0xff],
    ...SUPPLEMENTARY.filter((kind) => (major & kind.bit) !== 0),
  ].filter((kind) => kind !== undefined);
  const first = found[0] ?? { name: '', code: 'gss-failure', vague: true };
  const code = first.vague === true ? (minorCode(minor, side) ?? first.code) : first.code;
  return { name: found.map((kind) => kind.name).join('|'), code };
}

/**
 * Throws when a major status is an error, with the library's own texts.
 * @param side - Whose credentials are meant: decides whether a missing key is a matter of tickets or of keytabs.
 */
export function check(major: number, minor: number, action: string, side: Side = 'initiate'): void {
  if (isError(major)) throw statusError(major, minor, action, side);
}

/** The error for a failed call. */
export function statusError(major: number, minor: number, action: string, side: Side, token?: Buffer): GssError {
  const { name, code } = classify(major, minor, side);
  return new GssError(code, action, {
    major,
    minor,
    majorName: name,
    majorText: displayStatus(major, GSS_CODE),
    minorText: minor === 0 ? '' : detail(displayStatus(minor, MECHANISM_CODE)),
    token,
  });
}

/** gss_display_status, RFC 2744 section 5.11: one status may have several texts, told by the message context. */
function displayStatus(status: number, kind: number): string {
  const block = new Block();
  const texts: string[] = [];
  do {
    const major = functions().displayStatus(
      block.minorAddress,
      status,
      kind,
      oids().krb5,
      block.addressOf(1),
      block.addressOf(2),
    );
    if (isError(major)) break;
    texts.push(printable(block.takeOutput(2)));
  } while (block.uint32(1) !== 0 && texts.length < TEXTS_AT_MOST);
  return texts.join('; ');
}

/** The library maps a minor status of 0 to one whose text is that of success: no detail to tell. */
function detail(text: string): string {
  return /^(Success|Unknown error)$/.test(text) ? '' : text;
}

/** The library may quote a name that a peer chose. */
function printable(text: Buffer): string {
  return text
    .toString('utf8')
    .replaceAll(/\p{Cc}/gu, '?')
    .slice(0, TEXT_CHARACTERS);
}
