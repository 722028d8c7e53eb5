import { BusError } from './bus-error.js';
import { DocumentValidator } from './document-validator.js';
import { commandSchema, type Command } from './generated/command.js';
import type { Limits } from './limits.js';
import { quoted } from './quotation.js';

/** A command whose form is right: which shell, and the words and variables for its grammar; or a question what may come next. */
export type DecodedCommand =
  | {
      readonly form: 'json';
      readonly shell: string;
      /** The literal words after the shell's name. */
      readonly words: readonly string[];
      readonly variables: Readonly<Record<string, string | readonly string[]>>;
      readonly stdin: string | undefined;
    }
  | {
      readonly form: 'line';
      readonly shell: string;
      /** All the words after the shell's name, literals and values mixed. */
      readonly words: readonly string[];
      readonly stdin: string | undefined;
    }
  | {
      readonly form: 'complete';
      /** The whole words before the cursor, the shell's name first. */
      readonly words: readonly string[];
      /** What stands of the word at the cursor. */
      readonly partial: string;
    };

const validator = new DocumentValidator<Command>(commandSchema, 'syntax');
const RESERVED = new Set(['do_', 'words_', 'complete_', 'stdin_']);

/**
 * Checks the form of one command of a batch.
 *
 * @throws BusError `syntax` or `too-large`
 */
export function decodeCommand(value: unknown, limits: Limits): DecodedCommand {
  if (!validator.accepts(value)) throw new BusError('syntax', formError(value));
  const { stdin_: stdin, do_, words_, complete_ } = value;
  if (complete_ !== undefined) {
    refuseOthers(value, 'complete_', (key) => key === 'complete_');
    return { form: 'complete', ...complete_ };
  }
  if (stdin !== undefined && Buffer.byteLength(stdin) > limits.maxStdinBytes) {
    throw new BusError('too-large', `"stdin_" is larger than ${limits.maxStdinBytes} bytes`);
  }
  if (words_ !== undefined) {
    refuseOthers(value, 'words_', (key) => RESERVED.has(key));
    const [shell = '', ...words] = words_;
    return { form: 'line', shell, words, stdin };
  }
  const [shell = '', ...words] = typeof do_ === 'string' ? splitWords(do_) : (do_ ?? []);
  const variables: Record<string, string | readonly string[]> = Object.create(null) as Record<string, string>;
  for (const key in value) {
    const member = value[key];
    // The schema gives everything but the reserved keys this type.
    if (member !== undefined && !RESERVED.has(key)) variables[key] = member as string | string[];
  }
  return { form: 'json', shell, words, variables, stdin };
}

function refuseOthers(command: Command, beside: string, isAllowed: (key: string) => boolean): void {
  const other = Object.keys(command).find((key) => !isAllowed(key));
  if (other !== undefined) throw new BusError('syntax', `Key ${quoted(other)} cannot stand beside "${beside}"`);
}

function splitWords(text: string): string[] {
  return text.split(/[ \t\r\n]+/).filter((word) => word !== '');
}

/** ajv's own words for a union of types are of little help; values are quoted only by key, they may be secret. */
function formError(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'A command must be an object';
  const command = value as Record<string, unknown>;
  for (const [key, member] of Object.entries(command)) {
    if (key.endsWith('_') && !RESERVED.has(key)) return `Key ${quoted(key)} is reserved and not known`;
    if (key === '') return 'A key must not be empty';
    if (key === 'complete_') continue;
    if (key === 'stdin_' ? typeof member !== 'string' : !isStringOrStrings(member)) {
      return `Value of ${quoted(key)} must be a string${key === 'stdin_' ? '' : ' or an array of strings'}, not ${kindOf(member)}`;
    }
  }
  const [form, other] = ['do_', 'words_', 'complete_'].filter((key) => Object.hasOwn(command, key));
  if (form === undefined) return 'A command needs "do_": the shell and the words of the command';
  if (other !== undefined) return `A command has either "${form}" or "${other}", not both`;
  if (form === 'complete_') return '"complete_" must hold "words", an array of strings, and "partial", a string';
  return `"${form}" must hold at least the name of a shell`;
}

function isStringOrStrings(value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array of other things';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
