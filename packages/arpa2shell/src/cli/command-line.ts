import { createReadStream, existsSync } from 'node:fs';
import type { ShellConfig } from '../generated/shell-config.js';
import type { InputReaderOptions } from '../input/input-reader.js';
import type { ScriptCommand } from '../script-command.js';
import { parseArguments } from './arguments.js';
import { confine, forcedCommand, isFromOutside } from './confinement.js';
import type { Arguments } from './parsed-arguments.js';
import type { Settings } from './settings.js';
import { readVersion } from './version.js';

const SECOND_INTERRUPT_EXIT_CODE = 130;
const LOCAL_NOTICE =
  'The shells run in this program, with your rights on this machine: no access lists are asked, nothing is audited.\n';

/**
 * The program: finds out what is wanted, does it, and gives the exit code. What only the work needs is imported then, so that
 * the prompt comes soon. The caller ends the process: a call to a dead KDC may hold a thread.
 *
 * @param program - the path it was called by, which tells the shell to start in
 * @param words - behind it on the command line
 */
export async function runCommandLine(program: string, words: readonly string[]): Promise<number> {
  // A reader that closes its end early, such as head, is not an error of ours.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  const parsed = await parseArguments(program, words);
  switch (parsed.kind) {
    case 'text':
      process.stdout.write(`${parsed.text}\n`);
      return 0;
    case 'usage':
      process.stderr.write(`arpa2shell: ${parsed.message} (usage)\n  Try arpa2shell --help\n`);
      return 2;
    case 'run':
      return await start(program, parsed.args);
  }
}

async function start(program: string, given: Arguments): Promise<number> {
  let args = given;
  let settings: Settings;
  try {
    const config = await configurationOf(args);
    const isRestricted = args.isRestricted ?? config.restricted ?? isFromOutside(process.env, program);
    const forced = forcedCommand(process.env);
    if (args.commands === null && args.file === undefined && forced !== null) args = { ...args, commands: [forced] };
    if (isRestricted) confine(process.env, config.krb5Config);
    else if (config.krb5Config !== undefined) process.env['KRB5_CONFIG'] ??= config.krb5Config;
    const { resolveSettings } = await import('./settings.js');
    settings = resolveSettings(args, config, process.env, isRestricted);
  } catch (error) {
    return complain(error);
  }
  const isScript = args.commands !== null || args.file !== undefined || args.isJson || !process.stdin.isTTY;
  return isScript ? await runScript(args, settings) : await runInteractive(args, settings);
}

async function configurationOf({ config, isConfigNamed }: Arguments): Promise<ShellConfig> {
  if (!isConfigNamed && !existsSync(config)) return {};
  const { readConfiguration } = await import('./configuration.js');
  return await readConfiguration(config, isConfigNamed);
}

async function runScript(args: Arguments, settings: Settings): Promise<number> {
  const [{ openWorkshop }, { Script }, { print }] = await Promise.all([
    import('../workshop.js'),
    import('../script.js'),
    import('../output.js'),
  ]);
  try {
    const inputs = { mayReadFiles: settings.mayReadFiles, standardInput: standardInputFor(args) };
    const { link, ...workshop } = await openWorkshop(settings.host, { ...startOf(args), inputs });
    const script = new Script({
      ...workshop,
      isJson: args.isJson,
      isExitOnError: args.isExitOnError,
      stdout: async (text) => await print(process.stdout, text),
      stderr: async (text) => await print(process.stderr, text),
    });
    const exitCode = await script.run(await scriptCommands(args), interruption());
    link.destroy();
    return exitCode;
  } catch (error) {
    return complain(error);
  }
}

async function scriptCommands(args: Arguments): Promise<Iterable<ScriptCommand> | AsyncIterable<ScriptCommand>> {
  const [{ linesFrom, readable }, { commandsFrom, commandsOf }] = await Promise.all([
    import('../line-source.js'),
    import('../script-command.js'),
  ]);
  const { commands, file } = args;
  if (commands !== null) return commandsOf(commands);
  if (isFromStandardInput(args)) return commandsFrom(linesFrom(process.stdin as AsyncIterable<Buffer>, 'line'));
  const name = file ?? '';
  return commandsFrom(linesFrom(readable(createReadStream(name) as AsyncIterable<Buffer>, name), name));
}

function isFromStandardInput({ commands, file }: Arguments): boolean {
  return commands === null && (file === undefined || file === '-');
}

function standardInputFor(args: Arguments): InputReaderOptions['standardInput'] {
  return isFromStandardInput(args) ? null : (process.stdin as AsyncIterable<Buffer>);
}

function startOf({ start }: Arguments): { start: string | null; version: string } {
  return { start, version: readVersion() };
}

function interruption(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (interrupted.signal.aborted) process.exit(SECOND_INTERRUPT_EXIT_CODE);
      interrupted.abort(new Error(`interrupted by ${name}`));
      // A script that waits for its next line has nothing to interrupt.
      process.stdin.destroy();
    });
  }
  return interrupted.signal;
}

async function runInteractive(args: Arguments, settings: Settings): Promise<number> {
  const [{ openWorkshop }, { InteractiveSession }, { LineAssistant }, { escapeForTerminal, History, Terminal }] =
    await Promise.all([
      import('../workshop.js'),
      import('../interactive.js'),
      import('../line-assistant.js'),
      import('../terminal/index.js'),
    ]);
  const { stdin: input, stdout: output, stderr } = process;
  const isColour = output.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  try {
    const inputs = { mayReadFiles: settings.mayReadFiles, standardInput: null };
    const workshop = await openWorkshop(settings.host, { ...startOf(args), inputs });
    let tell = (text: string): void => void stderr.write(text);
    const onProblem = (text: string): void => tell(escapeForTerminal(`arpa2shell: ${text}\n`));
    const history = await History.open({ file: settings.historyFile, onProblem });
    using terminal = new Terminal({ input, output, history, assistant: new LineAssistant(workshop), isColour });
    if (settings.host.kind === 'local') terminal.write(LOCAL_NOTICE);
    // A line is stored while the next one is being typed, which has to be drawn again below.
    tell = (text) => terminal.write(text);
    for (const [name, exitCode] of [['SIGTERM', 143] as const, ['SIGHUP', 129] as const]) {
      process.on(name, () => {
        terminal.close();
        process.exit(exitCode);
      });
    }
    await new InteractiveSession({ ...workshop, terminal, history, stderr, isColour }).run();
    await history.close();
    workshop.link.destroy();
    return 0;
  } catch (error) {
    return complain(error);
  }
}

function complain(error: unknown): number {
  const { message, code, exitCode } = error as Partial<Error & { code: string; exitCode: number }>;
  const isOurs = typeof exitCode === 'number' && typeof code === 'string';
  process.stderr.write(
    isOurs
      ? `arpa2shell: ${message ?? ''} (${code})\n`
      : `arpa2shell: A defect of this program: ${message ?? String(error)} (internal)\n`,
  );
  return isOurs ? exitCode : 5;
}
