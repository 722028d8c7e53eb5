// What the terminal tests drive: reads lines with a small made-up assistant and tells what it read.
import { History, Terminal } from '../../dist/terminal/index.js';

const WORDS = {
  '': [
    ['dane', 'Certificates'],
    ['help', 'What there is'],
    ['zone', 'Zones'],
    ['wide漢', '\u001b[2Jhostile\u202e help'],
  ],
  dane: [
    ['config', 'Settings'],
    ['add', 'One more'],
  ],
  zone: [['orvelte.nep'], ['orvelte.example']],
  'dane add': [['orvelte.nep', 'live']],
};
const last = process.argv[2];

const assistant = {
  async complete(line, cursor, signal) {
    const before = line.slice(0, cursor);
    const start = before.lastIndexOf(' ') + 1;
    const path = before.slice(0, start).trim();
    if (path === 'never') return await new Promise(() => undefined);
    if (path === 'fails') throw new Error('no');
    if (path === 'late') await new Promise((resolve) => signal.addEventListener('abort', resolve));
    const partial = before.slice(start);
    return {
      start,
      candidates: (WORDS[path] ?? [])
        .filter(([word]) => word.startsWith(partial))
        .map(([word, help]) => ({ text: word, label: word, ...(help && { help }) })),
      placeholders: path === 'dane add orvelte.nep' ? [{ name: '<port>', help: 'Number of the port' }] : [],
      mayEnd: path === 'zone orvelte.nep',
    };
  },
  hint: (line) => {
    const known = ['dane config any-end <port>', 'zone one|other'].find((whole) => whole.startsWith(line));
    return known?.slice(line.length) ?? '';
  },
  judge: (line) =>
    [...line.matchAll(/bad\w*/g)].map(({ index, 0: word }) => ({ start: index, end: index + word.length })),
};

async function run(terminal, line) {
  const [command, count] = line.split(' ');
  if (command === 'page') {
    await terminal.page(Array.from({ length: Number(count) }, (_, row) => `row ${row + 1}\n`).join(''));
  } else if (command === 'work') {
    const end = await terminal.busy(
      (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true })),
    );
    terminal.write(`work ${end}\n`);
  } else if (command === 'later') {
    const pending = terminal.readLine({ text: 'later> ' });
    process.once('SIGUSR2', () => terminal.write('news\n'));
    terminal.write(`read ${JSON.stringify((await pending).line)}\n`);
  } else {
    terminal.write(`read ${line.length > 200 ? `${line.length} ${line.slice(-9)}` : JSON.stringify(line)}\n`);
  }
}

const history = await History.open({
  file: process.env.HISTORY_FILE ?? null,
  onProblem: (text) => process.stdout.write(`${text}\n`),
});
const terminal = new Terminal({
  input: process.stdin,
  output: process.stdout,
  history,
  assistant,
  isColour: process.env.NO_COLOR === undefined,
});
for (;;) {
  const read = await terminal.readLine({
    text: 'sh> ',
    parts: [
      { text: 'sh', tone: 'strong' },
      { text: '> ', tone: 'plain' },
    ],
  });
  if (read.kind === 'end' || read.kind === 'gone') break;
  if (read.kind === 'cancelled') continue;
  history.add(read.line);
  if (read.line === last) break;
  await run(terminal, read.line);
}
terminal.close();
await history.close();
process.stdout.write('bye\n');
