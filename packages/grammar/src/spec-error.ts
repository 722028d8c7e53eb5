import { quoted } from './quote.js';

/**
 * A command spec, or the type of one of its variables, is not valid. Always a fault of who wrote the spec.
 *
 * @public
 */
export class SpecError extends Error {
  override readonly name = 'SpecError';
  /** Stable code, for programs. */
  readonly code = 'spec';
  /** The same spec fails again. */
  readonly retryable = false;
  /** Offset in the spec (UTF-16 units, from 0) where the fault is; the length of the spec when it ended too early. */
  readonly at: number;

  /**
   * @param spec - the whole spec
   * @param at - offset of the fault, from 0
   * @param why - what is wrong, in lower case, without a full stop
   */
  constructor(spec: string, at: number, why: string, options?: ErrorOptions) {
    super(`Command spec ${quoted(spec)} is not valid at character ${at + 1}: ${why}`, options);
    this.at = at;
  }
}
