export { CommandGrammar, compileSpec } from './command-grammar.js';
export type { JsonCommand, Match, MatchFailure } from './match.js';
export { SpecError } from './spec-error.js';
export type { LiteralNode, SpecNode, VariableNode } from './spec-node.js';
export type { ResolvedType, ValueType } from './value-type.js';
