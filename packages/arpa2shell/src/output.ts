import { escapeForTerminal } from './terminal/index.js';

/** Prints text as it is to a file or pipe, and fit to be shown to a terminal. Resolves when it was handed over. */
export async function print(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (text === '') return;
  const shown = stream.isTTY ? escapeForTerminal(text) : text;
  await new Promise<void>((resolve) => {
    stream.write(shown, () => resolve());
  });
}
