export { CommandGrammar, compileSpec } from './command-grammar.js';
export { quoteWord, splitLine, wordsBefore } from './line-lexer.js';
export type { CursorWords, LexedLine, LexedWord, LineFault } from './line-lexer.js';
export type { JsonCommand, Match, MatchFailure } from './match.js';
export type { NextItem, NextWords } from './next-words.js';
export { SpecError } from './spec-error.js';
export type { LiteralNode, SpecNode, VariableNode } from './spec-node.js';
export type { ResolvedType, ValueType } from './value-type.js';
