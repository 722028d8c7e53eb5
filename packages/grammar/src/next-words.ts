import type { ResolvedType } from './value-type.js';

/**
 * What can follow some words of a command. Plain data.
 *
 * @public
 */
export interface NextWords {
  /** Whether the command may end here. */
  readonly mayEnd: boolean;
  /** What may stand here, in the order of the grammar; each literal word and each variable once. */
  readonly items: readonly NextItem[];
}

/**
 * One thing that may stand in a place of a command.
 *
 * A variable comes with what the words before it mean on one reading (the first that leads to it): `values` of the variables and the
 * names of the `literals`, as in a `Match`. These hold the values of secret variables too.
 *
 * @public
 */
export type NextItem =
  | { readonly kind: 'literal'; readonly word: string; readonly help?: string }
  | {
      readonly kind: 'variable';
      readonly name: string;
      /** Whether it takes the rest of the line. */
      readonly isRest: boolean;
      readonly type: ResolvedType;
      readonly help?: string;
      /** Has no prototype: a variable that received nothing is absent whatever its name. */
      readonly values: Readonly<Record<string, readonly string[]>>;
      readonly literals: readonly string[];
    };
