import { quoted } from '@arpa2amqp/protocol';
import { asList, asRecord, DescriptionProblem, readWords } from './document.js';
import { InstanceTemplate } from './instance-template.js';

/** What a caller must hold to give a command: rights on a resource whose name is made of the command's variables. */
export interface Need {
  /** Only commands with one of these literals of the spec need it; absent: all do. */
  readonly with?: readonly string[];
  /** Letters such as `%RW`, see `@arpa2amqp/acl`; the caller must hold each of them. */
  readonly rights: string;
  /** Class of the resource, e.g. `arpa2dns.zone`. */
  readonly class: string;
  /**
   * Instances to ask, in order; the default of the class comes last by itself. Text is the name itself, `<zone>` in it the value
   * of a variable; an instance with a variable that was not given is left out. `<rdata...>` is all the values of a variable, parted
   * by blanks.
   *
   * Two names of one thing must not make two instances: `<zone:lower>` is the value in lower case, and the forms `dns-zone`,
   * `dns-type`, `dns-label`, `dns-name` and `dns-host` (`<fqdn:dns-name zone>`) make names of DNS canonical.
   * `<rtype:dns-record rdata...>` is a type with the priority that its data begins with.
   */
  readonly instances?: readonly string[];
}

/** A {@link Need} of one command as given: what has to be asked of the access control lists. */
export interface Requirement {
  /** Letters of rights, without `%`. */
  readonly rights: readonly string[];
  readonly class: string;
  /** Without the default of the class. */
  readonly instances: readonly string[];
  /** True when the need names instances, but none of their variables was given. */
  readonly isUnnamed: boolean;
}

/**
 * What one command as given requires: nothing, or each of some. Nobody may give it when nothing is declared for these literals,
 * or when its resource has no name.
 */
export type Requirements =
  | { readonly kind: 'open' }
  | { readonly kind: 'required'; readonly requirements: readonly Requirement[] }
  | { readonly kind: 'undeclared' }
  | { readonly kind: 'unnamed'; readonly reason: string };

/** The part of a description that {@link requirementsOf} looks at. */
export interface Declaration {
  readonly open?: readonly string[] | true;
  readonly needs?: readonly Need[];
}

/** The words that a command was given with. */
export interface GivenWords {
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly literals: readonly string[];
}

/** As in `@arpa2amqp/acl`, which this package does not load. */
const RIGHTS = /^%?(?:([ARWCDKO])(?!.*\1))+$/i;
const CLASS = /^(?=.{1,64}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const OPEN: Requirements = Object.freeze({ kind: 'open' });
const templates = new WeakMap<Need, readonly InstanceTemplate[]>();

/** What a command with these words requires, of each need that is one of it. */
export function requirementsOf({ open, needs = [] }: Declaration, given: GivenWords): Requirements {
  if (open === true) return OPEN;
  const applicable = needs.filter((need) => need.with?.some((word) => given.literals.includes(word)) ?? true);
  if (applicable.length === 0) {
    if (open?.some((word) => given.literals.includes(word)) === true) return OPEN;
    return { kind: 'undeclared' };
  }
  const requirements: Requirement[] = [];
  for (const need of applicable) {
    const instances: string[] = [];
    for (const template of templatesOf(need)) {
      const instance = template.fill(valuesFor(template, given.values));
      if (instance.kind === 'refused') return { kind: 'unnamed', reason: instance.reason };
      if (instance.kind === 'filled' && !instances.includes(instance.text)) instances.push(instance.text);
    }
    const isUnnamed = instances.length === 0 && need.instances !== undefined;
    requirements.push({ rights: lettersOf(need), class: need.class, instances, isUnnamed });
  }
  return { kind: 'required', requirements };
}

/** Behind the name of a variable in a template: all of its values. */
const ALL = '...';

/** The variable that a template names, and whether it takes all of its values. */
export function variableOf(name: string): { readonly variable: string; readonly takesAll: boolean } {
  const takesAll = name.endsWith(ALL);
  return { variable: takesAll ? name.slice(0, -ALL.length) : name, takesAll };
}

/** The values as a template names them. */
function valuesFor({ variables }: InstanceTemplate, values: GivenWords['values']): GivenWords['values'] {
  let named = values;
  for (const name of variables) {
    const { variable, takesAll } = variableOf(name);
    if (takesAll && Object.hasOwn(values, variable)) named = { ...named, [name]: [(values[variable] ?? []).join(' ')] };
  }
  return named;
}

/** Letters of the rights of a need, in upper case. */
export function lettersOf({ rights }: Need): readonly string[] {
  return Array.from(rights.replace('%', '').toUpperCase());
}

/** The templates of a need, read once. */
export function templatesOf(need: Need): readonly InstanceTemplate[] {
  let known = templates.get(need);
  if (known === undefined) {
    known = (need.instances ?? []).map((text) => InstanceTemplate.parse(text));
    templates.set(need, known);
  }
  return known;
}

/** Takes what a command declares from outside. @throws DescriptionProblem */
export function readDeclaration(value: Readonly<Record<string, unknown>>, where: string): Declaration {
  const { open, needs } = value;
  if (open !== undefined && open !== true && !Array.isArray(open)) {
    throw new DescriptionProblem(`${where}.open`, 'must be true, or the literals with which nothing is needed');
  }
  const list = needs === undefined || Array.isArray(needs) ? needs : [needs];
  return {
    ...(open === undefined ? {} : { open: open === true || readWords(open, `${where}.open`) }),
    ...(list === undefined
      ? {}
      : {
          needs: asList(list, `${where}.needs`).map((need, index) => readNeed(need, `${where}.needs[${index}]`)),
        }),
  };
}

const NEED_KEYS = ['with', 'rights', 'class', 'instances'];

function readNeed(value: unknown, where: string): Need {
  const record = asRecord(value, where);
  const stray = Object.keys(record).find((key) => !NEED_KEYS.includes(key));
  if (stray !== undefined) throw new DescriptionProblem(where, `has an unknown key ${quoted(stray)}`);
  const { with: literals, rights, class: className, instances } = record;
  if (typeof rights !== 'string' || !RIGHTS.test(rights)) {
    throw new DescriptionProblem(`${where}.rights`, 'must be letters of A, R, W, C, D, K and O, each at most once');
  }
  if (typeof className !== 'string' || !CLASS.test(className)) {
    throw new DescriptionProblem(`${where}.class`, 'must be labels of a-z, 0-9, - and _, parted by dots');
  }
  const need: Need = {
    ...(literals === undefined ? {} : { with: readWords(literals, `${where}.with`) }),
    rights,
    class: className,
    ...(instances === undefined ? {} : { instances: readWords(instances, `${where}.instances`) }),
  };
  try {
    templatesOf(need);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DescriptionProblem(`${where}.instances`, error.message);
  }
  return need;
}
