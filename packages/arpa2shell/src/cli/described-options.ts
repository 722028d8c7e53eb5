import { textOfSections } from '@arpa2amqp/protocol';
import yargs from 'yargs';
import { OPTION_SYNTAX, PROGRAM } from './program.js';
import type { OptionValues } from './quick-options.js';
import { readVersion } from './version.js';

/** What yargs made of options: their values, or a text that was asked for, or a complaint. */
export type DescribedOptions =
  | { readonly kind: 'values'; readonly values: OptionValues }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'usage'; readonly message: string };

/** Parses options with all that there is to say about them. */
export function parseDescribed(words: readonly string[]): DescribedOptions {
  const complaints: string[] = [];
  let text = '';
  const parser = describe(words).fail((message, error) => {
    complaints.push(message || error.message);
  });
  try {
    const values = parser.parseSync([...words], {}, (_error: unknown, _argv: unknown, output: string) => {
      text = output;
    });
    const [message] = complaints;
    if (message !== undefined) return { kind: 'usage', message };
    return text === '' ? { kind: 'values', values } : { kind: 'text', text };
  } catch {
    // Hazard: yargs 18 breaks at --constructor and other names that every object has.
    return { kind: 'usage', message: 'The options cannot be understood' };
  }
}

function describe(words: readonly string[]) {
  return yargs([...words])
    .scriptName(PROGRAM.name)
    .usage(`$0 ${PROGRAM.synopsis}\n\n${PROGRAM.description[0]}`)
    .parserConfiguration(OPTION_SYNTAX)
    .options(PROGRAM.options)
    .example(PROGRAM.examples.map(([command, what]) => [command, what]))
    .epilogue(textOfSections(PROGRAM.sections))
    .wrap(100)
    .locale('en')
    .strictOptions()
    .version('version', 'show the version', readVersion())
    .help('help', 'show help')
    .alias('help', 'h')
    .exitProcess(false);
}
