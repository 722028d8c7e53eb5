import { parseArguments, type Arguments } from './arguments.js';

const SECOND_INTERRUPT_EXIT_CODE = 130;

/**
 * The program: parses the arguments, does the work and ends the process. What only the work needs is imported then, so
 * that `--help` is quick.
 */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  // A reader that closes its end early, such as head, is not an error of ours.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  const parsed = parseArguments(words, process.env);
  switch (parsed.kind) {
    case 'text':
      await write(process.stdout, `${parsed.text}\n`);
      return;
    case 'usage':
      await write(process.stderr, `arpa2amqp: ${parsed.message} (usage)\n  Try arpa2amqp --help\n`);
      process.exitCode = 2;
      return;
    case 'run':
      // A call to a dead KDC may hold a thread for long after its batch has failed: the process does not wait for it.
      process.exit(await runWithSignals(parsed.args));
  }
}

async function runWithSignals(args: Arguments): Promise<number> {
  const { sendInput } = await import('./send-input.js');
  const interrupted = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (interrupted.signal.aborted) process.exit(SECOND_INTERRUPT_EXIT_CODE);
    interrupted.abort(new Error(`interrupted by ${signal}`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const { exitCode, stdout, stderr } = await sendInput(args, interrupted.signal);
  await write(process.stdout, stdout);
  await write(process.stderr, stderr);
  return exitCode;
}

/** Resolves when the text was handed to the system, or cannot be. */
async function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (text === '') return;
  await new Promise<void>((resolve) => {
    stream.write(text, () => resolve());
  });
}
