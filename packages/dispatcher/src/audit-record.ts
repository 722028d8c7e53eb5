import { Timestamps, type Reply } from '@arpa2amqp/protocol';
import type { Caller, CommandDescription } from '@arpa2amqp/shell';
import type { AuditedBatch, AuditedCommand, AuditedEnd, RefusedCaller } from './audit.js';
import { LINK } from './audit-chain.js';
import type { LineParts } from './audit-page.js';
import type { Grounds, ListAnswer } from './authorizer.js';
import type { PlannedStep } from './plan.js';

/*
 * Records are made by hand and not with JSON.stringify: at a hundred thousand commands a second, a microsecond a record is a tenth
 * of the rate. What batches and commands have in common is written out once for all of them.
 */

/** Stands for the value of a secret variable. */
const MASK = '***';
const MAX_SHAPE = 1000;
const NOTHING = new Uint8Array();
const clock = new Timestamps();

/** What of a record depends on the command and the decision alone. */
interface Shape {
  /** Built-in commands are the same in all shells. */
  readonly shell: string;
  readonly args: readonly string[];
  readonly grounds: Grounds | undefined;
  readonly effect: string;
  readonly isGranted: boolean;
  readonly text: string;
  tail: Tail | null;
}

/** The end of a record, of the last command of that shape. */
interface Tail {
  readonly ms: number;
  readonly outcome: string;
  readonly isRepeat: boolean;
  readonly bytes: Uint8Array;
}

const shapes = new WeakMap<CommandDescription, Shape>();
let lastCaller: { readonly caller: Caller; readonly text: string } | undefined;

/** What all records of a batch have in common. */
function batchPart({ batchId, caller }: AuditedBatch): string {
  if (lastCaller?.caller !== caller) {
    const text = `"identity":${quote(caller.identity)},"principal":${quote(caller.principal)}`;
    lastCaller = { caller, text };
  }
  return `${lastCaller.text},"batch":${quote(batchId)}`;
}

/** A line of the log from its {@link LINK} on, in ASCII. */
export type AuditRecord = LineParts;

/** Makes the records of one batch. */
export class BatchRecords {
  readonly #batch: string;
  /** What the records of one millisecond begin with. */
  #start: Uint8Array = NOTHING;
  #startMs = Number.NaN;

  constructor(batch: AuditedBatch) {
    this.#batch = batchPart(batch);
  }

  /** The record of a command that has ended. */
  command(command: AuditedCommand, reply: Reply, end: AuditedEnd): AuditRecord {
    if (end.atMs !== this.#startMs) {
      this.#startMs = end.atMs;
      this.#start = bytesOf(`${begin('command', end.atMs)}${this.#batch},"command":`);
    }
    return {
      start: this.#start,
      number: command.index,
      end: endOf(shapeOf(command), reply.error_?.code ?? 'ok', end),
    };
  }

  /** The record of what is about to be changed. */
  intent(commands: readonly AuditedCommand[]): AuditRecord {
    const list = commands.map(({ index, step }) => `{"command":${index},${wordsPart(step)}}`);
    return recordOf(`${begin('intent')}${this.#batch},"commands":[${list.join(',')}]}\n`);
  }
}

/** The record of a caller who is nobody here. */
export function refusalRecord({ principal, batchId, commands }: RefusedCaller): AuditRecord {
  const who = `"identity":null,"principal":${quote(principal)},"batch":${quote(batchId)},"commands":${commands}`;
  return recordOf(`${begin('caller')}${who},"decision":"denied","grounds":"invalid-principal","outcome":"denied"}\n`);
}

/** Members of a record about the log itself. */
export type EventMembers = Readonly<Record<string, string | number | boolean | null>>;

/** A record about the log itself or the daemon. */
export function eventRecord(kind: string, members: EventMembers = {}): AuditRecord {
  const all = Object.entries(members).map(([key, value]) => `,${quote(key)}:${asciiJson(value)}`);
  return recordOf(`${begin(kind).slice(0, -1)}${all.join('')}}\n`);
}

function begin(kind: string, nowMs = Date.now()): string {
  return `${LINK}"time":"${clock.format(nowMs)}","record":"${kind}",`;
}

function recordOf(text: string): AuditRecord {
  return { start: bytesOf(text), number: null, end: NOTHING };
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

function endOf(shape: Shape, outcome: string, { ms, isRepeat }: AuditedEnd): Uint8Array {
  const known = shape.tail;
  if (known?.ms === ms && known.outcome === outcome && known.isRepeat === isRepeat) return known.bytes;
  const repeat = isRepeat ? ',"repeat":true' : '';
  const bytes = bytesOf(`,${shape.text},"outcome":"${outcome}"${repeat},"ms":${ms}}\n`);
  shape.tail = { ms, outcome, isRepeat, bytes };
  return bytes;
}

function shapeOf({ step, decision }: AuditedCommand): Shape {
  const { host, command, call, effect } = step;
  const { isGranted, grounds } = decision;
  const known = shapes.get(command);
  if (known?.grounds === grounds && known?.effect === effect && known.isGranted === isGranted) {
    if (known.shell === host.name && (known.args === call.args || isSame(known.args, call.args))) return known;
  }
  const secrets = secretsOf(step);
  const text = `${wordsPart(step, secrets)},"effect":"${effect}","decision":"${isGranted ? 'granted' : 'denied'}"${groundsPart(grounds, secrets)}`;
  const shape: Shape = { shell: host.name, args: call.args, grounds, effect, isGranted, text, tail: null };
  // Answers of lists are never the same object twice; secrets and long words are not kept.
  if (grounds?.kind !== 'lists' && secrets === null && text.length <= MAX_SHAPE) shapes.set(command, shape);
  return shape;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index += 1) if (some[index] !== others[index]) return false;
  return true;
}

/** The values of secret variables; null when the command has none. */
function secretsOf({ host, call }: PlannedStep): ReadonlySet<string> | null {
  const names = host.table.grammars[call.index]?.secrets;
  if (names === undefined || names.size === 0) return null;
  return new Set([...names].flatMap((name) => (Object.hasOwn(call.values, name) ? (call.values[name] ?? []) : [])));
}

function wordsPart(step: PlannedStep, secrets = secretsOf(step)): string {
  const words = step.call.args.map((word) => (secrets?.has(word) === true ? `"${MASK}"` : quote(word)));
  return `"shell":${quote(step.host.name)},"words":[${words.join(',')}]`;
}

function groundsPart(grounds: Grounds | undefined, secrets: ReadonlySet<string> | null): string {
  if (grounds === undefined) return '';
  if (grounds.kind !== 'lists') return `,"grounds":"${grounds.kind}"`;
  return `,"grounds":"lists","needs":[${grounds.answers.map((answer) => needOf(answer, secrets)).join(',')}]`;
}

function needOf({ instances: asked, decision }: ListAnswer, secrets: ReadonlySet<string> | null): string {
  const { right, resource, isGranted, selector, via } = decision;
  // A shell that names resources after secrets is wrong, which is no reason to write them down.
  const masked = (instance: string): string =>
    secrets !== null && [...secrets].some((secret) => secret !== '' && instance.includes(secret)) ? MASK : instance;
  const entry =
    selector === null ? 'null' : `${quote(selector)},"instance":${quote(masked(resource.instance))}${viaPart(via)}`;
  const instances = asked.map((instance) => quote(masked(instance)));
  return `{"right":"${right}","class":${quote(resource.class)},"instances":[${instances.join(',')}],"granted":${isGranted},"selector":${entry}}`;
}

function viaPart(via: readonly string[]): string {
  return via.length === 0 ? '' : `,"via":[${via.map(quote).join(',')}]`;
}

const PLAIN = /^[ !#-[\]-~]*$/;

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : asciiJson(text);
}

/** Pure ASCII: nothing that a terminal obeys or that looks like something else, and a character is a byte. */
function asciiJson(value: string | number | boolean | null): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
