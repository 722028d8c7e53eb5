import { quoted } from '@arpa2amqp/protocol';
import { INSTANCE_FORMS, type InstanceForm } from './instance-form.js';

/** The name of a resource, or none because a variable was not given, or none because a value is no name. */
export type Instance =
  | { readonly kind: 'filled'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly reason: string };

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'variable';
      readonly variable: string;
      readonly form: InstanceForm | null;
      readonly other: string | null;
    };

type Values = Readonly<Record<string, readonly string[]>>;

const VARIABLE = /<([^<>:\s]+)(?::([a-z-]+)(?: ([^<>:\s]+))?)?>/;
const ABSENT: Instance = Object.freeze({ kind: 'absent' });

/** How the name of a resource is made of text and the values of variables, e.g. `<fqdn:dns-name zone> <rtype:dns-type>`. */
export class InstanceTemplate {
  /** Every variable that it needs. */
  readonly variables: ReadonlySet<string>;
  readonly #parts: readonly Part[];
  /** Characters between the variables: a value with one could pose as two. */
  readonly #separators: string;

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.#separators = parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
    this.variables = new Set(
      parts.flatMap((part) =>
        part.kind === 'text' ? [] : [part.variable, ...(part.other === null ? [] : [part.other])],
      ),
    );
  }

  /** @throws SyntaxError that says what is wrong, to follow on the place */
  static parse(template: string): InstanceTemplate {
    const parts: Part[] = [];
    let rest = template;
    for (let found = VARIABLE.exec(rest); found !== null; found = VARIABLE.exec(rest)) {
      const [whole, variable = '', name, other] = found;
      if (found.index > 0) parts.push({ kind: 'text', text: rest.slice(0, found.index) });
      const form = name === undefined ? null : formOf(name, template);
      if (form !== null && (form.other === undefined) !== (other === undefined)) {
        const rule =
          form.other === undefined ? 'takes no other variable' : `is written <variable:${name ?? ''} ${form.other}>`;
        throw new SyntaxError(`has ${quoted(template)}: the form ${name ?? ''} ${rule}`);
      }
      parts.push({ kind: 'variable', variable, form, other: other ?? null });
      rest = rest.slice(found.index + whole.length);
    }
    if (template === '') throw new SyntaxError('has an empty instance, which is the class: it is asked last by itself');
    if (rest !== '') parts.push({ kind: 'text', text: rest });
    if (parts.some((part) => part.kind === 'text' && !/^[ -;=?-~]+$/.test(part.text))) {
      throw new SyntaxError(`has ${quoted(template)}, which is no template: write <variable> or <variable:form>`);
    }
    return new InstanceTemplate(parts);
  }

  /** Makes the name. */
  fill(values: Values): Instance {
    let text = '';
    for (const part of this.#parts) {
      if (part.kind === 'text') {
        text += part.text;
        continue;
      }
      const filled = this.#value(part, values);
      if (filled.kind !== 'filled') return filled;
      text += filled.text;
    }
    return { kind: 'filled', text };
  }

  #value({ variable, form, other }: Part & { readonly kind: 'variable' }, values: Values): Instance {
    const value = onlyValue(values, variable);
    const others = other === null ? '' : onlyValue(values, other);
    if (value === null || others === null) return { kind: 'refused', reason: `<${variable}> has several values` };
    if (value === undefined || others === undefined) return ABSENT;
    const text = form === null ? value : form.canonical(value, others);
    if (text === null || text === '') {
      const problem = value === '' ? 'empty: write a name' : `${quoted(value)}, which is no ${form?.what ?? 'name'}`;
      return { kind: 'refused', reason: `<${variable}> is ${problem}` };
    }
    if (form?.isClosed !== true && Array.from(text).some((character) => this.#separators.includes(character))) {
      const parting = quoted(Array.from(new Set(this.#separators)).join(''));
      return { kind: 'refused', reason: `<${variable}> is ${quoted(value)}: write it without any of ${parting}` };
    }
    return { kind: 'filled', text };
  }
}

/** Undefined: none; null: more than one. */
function onlyValue(values: Values, variable: string): string | null | undefined {
  const all = Object.hasOwn(values, variable) ? (values[variable] ?? []) : [];
  return all.length > 1 ? null : all[0];
}

function formOf(name: string, template: string): InstanceForm {
  const form = Object.hasOwn(INSTANCE_FORMS, name) ? INSTANCE_FORMS[name] : undefined;
  if (form !== undefined) return form;
  const known = Object.keys(INSTANCE_FORMS).join(', ');
  throw new SyntaxError(`has ${quoted(template)}: there is no form ${quoted(name)}, only ${known}`);
}
