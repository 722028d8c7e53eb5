import { BusError, quoted } from '@arpa2amqp/protocol';
import { hereDocumentsOf, type HereDocument } from './input/here-document.js';
import type { ScriptLine } from './line-source.js';
import { readTypedLine } from './typed-line.js';

/** A command of a script with the texts below it, or why there is none. */
export type ScriptCommand =
  | { readonly text: string; readonly where: string | null; readonly documents: readonly HereDocument[] }
  | { readonly problem: BusError; readonly where: string | null };

type WholeCommand = Extract<ScriptCommand, { readonly text: string }>;

/** The commands of a script. After a line of which nobody can tell whether text follows, there are no more. */
export async function* commandsFrom(lines: AsyncIterable<ScriptLine>): AsyncIterable<ScriptCommand> {
  const gatherer = new CommandGatherer();
  for await (const line of lines) {
    const command = gatherer.take(line);
    if (command === null) continue;
    const doubt = doubtAbout(line, command);
    yield doubt === null ? command : { problem: doubt, where: command.where };
    if (doubt !== null) return;
  }
  const last = gatherer.end();
  if (last !== null) yield last;
}

/** Commands that were given one by one: each is a line, and perhaps the texts below it. */
export function* commandsOf(commands: readonly string[]): Iterable<ScriptCommand> {
  for (const command of commands) {
    const lines = command.split('\n');
    // A line end anywhere else is a character that may not be in a line, which running it tells.
    if (hereDocumentsOf(lines[0] ?? '').length === 0) yield { text: command, where: null, documents: [] };
    else yield wholeCommand(lines);
  }
}

function wholeCommand(lines: readonly string[]): ScriptCommand {
  const gatherer = new CommandGatherer();
  for (const [index, text] of lines.entries()) {
    const command = gatherer.take({ text, where: null });
    if (command === null) continue;
    if (lines.slice(index + 1).every((line) => line.trim() === '')) return command;
    const message = 'Something follows behind the end of the text: -c takes one command';
    return { problem: new BusError('syntax', message), where: null };
  }
  return gatherer.end() ?? { text: '', where: null, documents: [] };
}

/** Puts the lines of here-documents to the command above them. */
class CommandGatherer {
  #open: WholeCommand | null = null;

  /** Takes the next line. @returns the command that is whole with it */
  take(line: ScriptLine): ScriptCommand | null {
    if (this.#open === null) {
      if ('problem' in line) return { problem: line.problem, where: line.where };
      this.#open = { ...line, documents: hereDocumentsOf(line.text) };
    } else {
      const document = this.#open.documents.find(({ isEnded }) => !isEnded);
      if ('problem' in line) document?.fail(new BusError(line.problem.code, `${line.where}: ${line.problem.message}`));
      else document?.take(line.text);
    }
    const command = this.#open;
    if (command.documents.some(({ isEnded }) => !isEnded)) return null;
    this.#open = null;
    return command;
  }

  /** There are no more lines. A text without its end may have been cut: it is not sent. */
  end(): ScriptCommand | null {
    const open = this.#open;
    if (open === null) return null;
    const { word = '' } = open.documents.find(({ isEnded }) => !isEnded) ?? {};
    const message = `The text has no end, which is a line ${quoted(word)}: the command was not run`;
    return { problem: new BusError('syntax', message), where: open.where };
  }
}

/**
 * A line that cannot be read, or split into words, or has a `<<` inside one, may have meant to be followed by text, which must not
 * be run as commands.
 *
 * @param line - the one that made the command whole
 */
function doubtAbout(line: ScriptLine, command: ScriptCommand): BusError | null {
  if ('problem' in line) return line.mayOpenText ? inDoubt(line.problem) : null;
  if ('problem' in command) return null;
  const { text } = command;
  if (text.startsWith('#') || !text.includes('<<') || hereDocumentsOf(text).length > 0) return null;
  try {
    readTypedLine(text);
    return null;
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    return inDoubt(error);
  }
}

function inDoubt(cause: BusError): BusError {
  const more = 'the lines below are not run, since they may be the text behind "<<"';
  return new BusError(cause.code, `${cause.message}; ${more}`, { cause });
}
