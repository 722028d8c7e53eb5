import type { ContextFlag } from '@arpa2amqp/gssapi';

/** What every context must have. */
export const PROTECTION = ['confidentiality', 'integrity', 'replay'] as const satisfies readonly ContextFlag[];

/** Finds what a context lacks. */
export function missingFlags(flags: ReadonlySet<ContextFlag>, required: readonly ContextFlag[]): ContextFlag[] {
  return required.filter((flag) => !flags.has(flag));
}
