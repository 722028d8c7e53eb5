import { SpecError } from './spec-error.js';
import { lexSpec, type SpecToken } from './spec-lexer.js';
import { mayBeEmpty, type SpecNode } from './spec-node.js';

const MAX_DEPTH = 50;
/** Of a spec, in UTF-16 units. */
export const MAX_LENGTH = 4096;

/**
 * spec = alternatives; alternatives = sequence *("|" sequence); sequence = 1*(item ["[...]"]);
 * item = word [":" name] / "<" name ["..."] ">" / "(" alternatives ")" / "[" alternatives "]"
 */
export function parseSpec(spec: string): SpecNode {
  if (spec.length > MAX_LENGTH) throw new SpecError(spec, MAX_LENGTH, `longer than ${MAX_LENGTH} characters`);
  return new SpecParser(spec).parse();
}

class SpecParser {
  readonly #spec: string;
  readonly #tokens: readonly SpecToken[];
  #next = 0;
  #depth = 0;
  /** Where a bracket is as deep as may be. */
  #deepestAt: number | undefined;

  constructor(spec: string) {
    this.#spec = spec;
    this.#tokens = lexSpec(spec);
  }

  parse(): SpecNode {
    const root = this.#parseAlternatives();
    const token = this.#peek();
    if (token.kind !== 'end') throw this.#fault(token, 'mismatched brackets');
    return root;
  }

  #parseAlternatives(): SpecNode {
    const { at } = this.#peek();
    const branches = [this.#parseSequence()];
    while (this.#peek().kind === 'bar') {
      this.#next += 1;
      branches.push(this.#parseSequence());
    }
    // Of forms without brackets one that may be empty can be cut out: what is left is in brackets then, and must be valid too.
    if (branches.length > 1 && this.#depth === 0 && this.#deepestAt !== undefined) throw this.#tooDeep(this.#deepestAt);
    return only(branches) ?? Object.freeze({ kind: 'alternation', branches: Object.freeze(branches), at });
  }

  #parseSequence(): SpecNode {
    const { at } = this.#peek();
    const items: SpecNode[] = [];
    let canRepeat = false;
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'bar' || token.kind === 'close' || token.kind === 'end') break;
      this.#next += 1;
      if (token.kind === 'repeat') {
        const item = canRepeat ? items.pop() : undefined;
        if (item === undefined) throw this.#fault(token, 'nothing to repeat');
        if (mayBeEmpty(item)) throw this.#fault(token, 'repeats something that may match nothing');
        items.push(Object.freeze({ kind: 'repetition', item, at: item.at }));
        canRepeat = false;
      } else {
        items.push(this.#parseItem(token));
        canRepeat = !(token.kind === 'variable' && token.isRest);
      }
    }
    if (items.length === 0) throw this.#emptySequence();
    return only(items) ?? Object.freeze({ kind: 'sequence', items: Object.freeze(items), at });
  }

  #parseItem(token: SpecToken): SpecNode {
    if (token.kind === 'word') {
      return Object.freeze({ kind: 'literal', word: token.text, name: token.name, at: token.at });
    }
    if (token.kind === 'variable') {
      return Object.freeze({ kind: token.isRest ? 'rest' : 'variable', name: token.name, at: token.at });
    }
    if (token.kind !== 'open') throw this.#fault(token, 'mismatched brackets');
    return this.#parseGroup(token.bracket, token.at);
  }

  #parseGroup(bracket: string, at: number): SpecNode {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw this.#tooDeep(at);
    if (this.#depth === MAX_DEPTH) this.#deepestAt ??= at;
    const inner = this.#parseAlternatives();
    const token = this.#peek();
    if (token.kind !== 'close') throw this.#fault(token, 'incomplete specification');
    if (token.bracket !== (bracket === '(' ? ')' : ']')) throw this.#fault(token, 'mismatched brackets');
    this.#next += 1;
    this.#depth -= 1;
    return bracket === '(' ? inner : Object.freeze({ kind: 'option', item: inner, at });
  }

  #emptySequence(): SpecError {
    const token = this.#peek();
    const isCutShort = token.kind === 'end' && this.#depth > 0;
    return this.#fault(token, isCutShort ? 'incomplete specification' : 'empty sequence');
  }

  #tooDeep(at: number): SpecError {
    return new SpecError(
      this.#spec,
      at,
      `brackets nested more than ${MAX_DEPTH} deep, forms side by side counted as one bracket`,
    );
  }

  #peek(): SpecToken {
    return this.#tokens[this.#next] ?? { kind: 'end', at: this.#spec.length };
  }

  #fault(token: SpecToken, why: string): SpecError {
    return new SpecError(this.#spec, token.at, why);
  }
}

function only(nodes: readonly SpecNode[]): SpecNode | undefined {
  return nodes.length === 1 ? nodes[0] : undefined;
}
