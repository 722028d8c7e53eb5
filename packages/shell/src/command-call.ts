import type { CommandOutput } from '@arpa2amqp/protocol';
import type { PlannedCommand } from './command-table.js';
import type { Call, Caller } from './definition.js';
import { finished, OutputBuffer, tooLarge } from './output.js';
import type { StopSwitch } from './stop-switch.js';

/** What a {@link CommandCall} is made from. */
export interface CallContext<State> {
  readonly command: PlannedCommand;
  readonly state: State;
  readonly caller: Caller;
  readonly stdin: string;
  readonly stop: StopSwitch;
  readonly maxOutputBytes: number;
}

const HEADER_NAME = /^[A-Za-z0-9-]+$/;
// eslint-disable-next-line no-control-regex -- a line break would forge a header
const HEADER_VALUE = /^[^\u0000-\u001f\u007f]*$/;

/** The {@link Call} that a command gets, and the collector of what it prints. */
export class CommandCall<State> implements Call<State> {
  readonly #context: CallContext<State>;
  readonly #headers: OutputBuffer;
  readonly #body: OutputBuffer;
  readonly #errors: OutputBuffer;
  #json: string | undefined;

  constructor(context: CallContext<State>) {
    this.#context = context;
    this.#headers = new OutputBuffer(context.maxOutputBytes);
    this.#body = new OutputBuffer(context.maxOutputBytes);
    this.#errors = new OutputBuffer(context.maxOutputBytes);
  }

  get words(): readonly string[] {
    return this.#context.command.args;
  }

  get state(): State {
    return this.#context.state;
  }

  get caller(): Caller {
    return this.#context.caller;
  }

  get stdin(): string {
    return this.#context.stdin;
  }

  get signal(): AbortSignal {
    return this.#context.stop.signal;
  }

  value(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw new TypeError(`The command has no value for <${name}>`);
    return value;
  }

  optional(name: string): string | undefined {
    return this.all(name)[0];
  }

  all(name: string): readonly string[] {
    const { values } = this.#context.command;
    return Object.hasOwn(values, name) ? (values[name] ?? []) : [];
  }

  has(literal: string): boolean {
    return this.#context.command.literals.includes(literal);
  }

  header(name: string, value: string): void {
    if (!HEADER_NAME.test(name)) throw new TypeError(`A header's name is letters, digits and hyphens, not "${name}"`);
    if (!HEADER_VALUE.test(value)) throw new TypeError(`The value of the header ${name} holds a control character`);
    this.#headers.write(`${name}: ${value}\n`);
  }

  print(text: string): void {
    if (this.#json !== undefined) throw new TypeError('A command that prints JSON prints nothing else');
    this.#body.write(asLine(text));
  }

  json(object: Readonly<Record<string, unknown>>): void {
    if (this.#json !== undefined || this.#body.text !== '') {
      throw new TypeError('A command that prints JSON prints nothing else');
    }
    const clash = Object.keys(object).find((key) => key.endsWith('_'));
    if (clash !== undefined) throw new TypeError(`Keys that end in "_" are reserved, "${clash}" is one`);
    const text = `${JSON.stringify(object)}\n`;
    this.#body.write(text);
    this.#json = text;
  }

  complain(text: string): void {
    this.#errors.write(asLine(text));
  }

  /** What was printed. */
  output(): CommandOutput {
    const headers = this.#headers.text;
    const body = this.#body.text;
    const isCut = this.#headers.isCut || this.#body.isCut || this.#errors.isCut;
    const stdout = headers === '' ? body : `${headers}\n${body}`;
    if (isCut || (headers !== '' && Buffer.byteLength(stdout) > this.#context.maxOutputBytes)) {
      return tooLarge(this.#context.maxOutputBytes);
    }
    return finished(stdout, this.#errors.text);
  }
}

function asLine(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
