/** A property of a context (RFC 2743 section 1.2): asked for by the initiator, true or not once the context is complete. */
export type ContextFlag =
  | 'delegate'
  | 'mutual'
  | 'replay'
  | 'sequence'
  | 'confidentiality'
  | 'integrity'
  | 'anonymous'
  | 'protection-ready'
  | 'transferable'
  | 'delegate-policy';

const BITS: Readonly<Record<ContextFlag, number>> = {
  delegate: 1,
  mutual: 2,
  replay: 4,
  sequence: 8,
  confidentiality: 16,
  integrity: 32,
  anonymous: 64,
  'protection-ready': 128,
  transferable: 256,
  'delegate-policy': 32_768,
};

/** Flags as the library takes them. */
export function bitsOf(flags: readonly ContextFlag[]): number {
  return flags.reduce((bits, flag) => bits | BITS[flag], 0);
}

/** Flags of the library's bits; bits without a name here are left out. */
export function flagsOf(bits: number): ReadonlySet<ContextFlag> {
  return new Set((Object.keys(BITS) as ContextFlag[]).filter((flag) => (bits & BITS[flag]) !== 0));
}
