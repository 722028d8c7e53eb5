import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PtySession, type PtyOptions } from './pty-session.js';

const PROGRAM = fileURLToPath(new URL('terminal-program.mjs', import.meta.url));
const ESC = '\u001b';

async function open(options: PtyOptions = {}): Promise<PtySession> {
  const session = new PtySession(PROGRAM, options);
  await session.cursorBehind('sh> ');
  return session;
}

describe('on one terminal', () => {
  let user: PtySession;
  beforeAll(async () => (user = await open()));
  afterAll(async () => await user[Symbol.asyncDispose]());

  /** Takes the line away and gives a fresh prompt. */
  async function cancel(): Promise<void> {
    user.type('\u0003');
    await user.until(
      (screen) => screen.beforeCursor === 'sh> ' && screen.lineAt(screen.row) === 'sh>',
      'a fresh prompt',
    );
  }

  test('`?` lists what can follow with help, without Enter, and leaves the line and the cursor', async () => {
    user.type('dane x?');
    await user.shows('No help here');
    await user.cursorBehind('sh> dane x');
    await cancel();
    user.type(`dane  tail${ESC}[D${ESC}[D${ESC}[D${ESC}[D${ESC}[D`);
    await user.cursorBehind('dane ');
    user.type('?');
    await user.shows(/\n {2}config {2}Settings\n {2}add {5}One more\nsh> dane {2}tail$/);
    expect(user.screen.beforeCursor).toBe('sh> dane ');
    await cancel();
    user.type('dane add orvelte.nep ?');
    await user.shows(/\n {2}<port> {2}Number of the port\n/);
    await cancel();
    user.type('zone orvelte.nep ?');
    await user.shows(/\n<cr>\nsh> zone orvelte.nep/);
    await cancel();
  });

  test('`?` is typed inside quotes, behind a backslash and after Ctrl-V', async () => {
    user.type('say "a');
    await user.cursorBehind('"a');
    user.type('?');
    await user.cursorBehind('"a?');
    user.type('" \\');
    await user.cursorBehind('\\');
    user.type('?');
    await user.cursorBehind('\\?');
    user.type(' \u0016?');
    await user.cursorBehind(' ?');
    user.type('\r');
    await user.shows('read "say \\"a?\\" \\\\? ?"');
  });

  test('Tab inserts the common prefix, lists with help, then cycles; Shift-Tab goes back', async () => {
    user.type('dane a\t');
    await user.cursorBehind('dane add ');
    user.type('o\t');
    await user.cursorBehind('dane add orvelte.nep ');
    await cancel();
    user.type('zone or\t');
    await user.cursorBehind('sh> zone orvelte.');
    user.type('\t');
    await user.shows(/orvelte\.nep {2,}orvelte\.example\nsh> zone orvelte\.$/);
    user.type('\t');
    await user.cursorBehind('zone orvelte.nep');
    user.type('\t');
    await user.cursorBehind('zone orvelte.example');
    user.type('\t');
    await user.cursorBehind('zone orvelte.nep');
    user.type(`${ESC}[Z`);
    await user.cursorBehind('zone orvelte.example');
    user.type(' x\r');
    await user.shows('read "zone orvelte.example x"');
    user.type('dane \t\t');
    await user.shows(/\n {2}config {2}Settings\n {2}add {5}One more\nsh> dane config any-end <port>$/);
    user.type(`${ESC}[Z`);
    await user.cursorBehind('dane add');
    await cancel();
  });

  test('labels and help that come from elsewhere never reach the terminal as they are', async () => {
    user.type('wi?');
    await user.shows('\\e[2Jhostile\\u{202e} help');
    expect(user.screen.unknown).toEqual([]);
    await cancel();
  });

  test('the grey rest stands behind the cursor; right arrow takes what can be typed of it', async () => {
    user.type('dane c');
    await user.until((screen) => screen.shownAs('90') === 'onfig any-end <port>', 'a grey hint');
    expect(user.screen.beforeCursor).toBe('sh> dane c');
    user.type(`${ESC}[C`);
    await user.cursorBehind('dane config any-end ');
    expect(user.screen.shownAs('90')).toBe('<port>');
    user.type('\r');
    await user.shows('read "dane config any-end "');
    expect(user.screen.text).not.toContain('read "dane config any-end <port>');
    expect(user.screen.text).toMatch(/sh> dane config any-end\nread/);
    user.type('zon');
    await user.until((screen) => screen.shownAs('90') === 'e one|other', 'a choice');
    user.type('\u0005\u0005');
    await user.cursorBehind('sh> zone ');
    expect(user.screen.shownAs('90')).toBe('one|other');
    await cancel();
  });

  test('words that cannot be right are red', async () => {
    user.type('good badly good');
    await user.until((screen) => screen.shownAs('31') === 'badly', 'a red word');
    await cancel();
  });

  test('a question nobody answers is dropped, typing goes on, and an error is nothing', async () => {
    const { bells } = user.screen;
    user.type('never \t');
    await user.cursorBehind('never ');
    user.type('typed');
    await user.cursorBehind('never typed');
    user.type('\u0015never ?');
    await user.until((screen) => screen.bells > bells, 'a bell after the limit');
    expect(user.screen.beforeCursor).toBe('sh> never ');
    user.type('\u0015fails \t');
    await user.until((screen) => screen.bells > bells + 1, 'a bell for an error');
    await user.cursorBehind('fails ');
    await cancel();
  });

  test('the keys of Emacs edit', async () => {
    user.type('one two-three four\u0001X\u0005Y\u0017Z\r');
    await user.shows('read "Xone two-three Z"');
    user.type(`aa bb cc${ESC}b${ESC}b\u000b\u0019\u0019\r`);
    await user.shows('read "aa bb ccbb cc"');
    user.type(`ab cd${ESC}bx${ESC}fy\u0014${ESC}\u007f\u001f\r`);
    await user.shows('read "ab xcyd"');
    user.type('abc\u0002\u0002\u0004\u0008z\u000fu\r');
    await user.shows('read "zuc"');
    user.type(`k1 k2${ESC}\u007f\u0001\u000b\u0019${ESC}y\u0006${ESC}d\r`);
    await user.shows('read "k2"');
  });

  test('wide characters and combining marks are one step each, and the cursor stands right', async () => {
    user.type('漢字e\u0301😀x');
    await user.cursorBehind('漢字e\u0301😀x');
    expect(user.screen.column).toBe('sh> '.length + 2 + 2 + 1 + 2 + 1);
    user.type(`${ESC}[D${ESC}[D${ESC}[D\u007f`);
    await user.until((screen) => screen.lineAt(screen.row) === 'sh> 漢e\u0301😀x', 'one character less');
    expect(user.screen.beforeCursor).toBe('sh> 漢');
    user.type('\u0005\r');
    await user.shows('read "漢e\u0301😀x"');
  });

  test('a paste types: tabs are blanks, `?` is a letter, newlines end lines, escapes are seen', async () => {
    user.type(`${ESC}[200~first\tof "two?\rsecond?\tline${ESC}[31m\u0003${ESC}[201~`);
    await user.cursorBehind('second? line\\e[31m\\u{3}');
    expect(user.screen.text).toContain('read "first of \\"two?"');
    await cancel();
    user.type(`${ESC}[200~a1\r\nb2\nc3${ESC}[201~\r`);
    await user.shows(/read "a1"\nsh> b2\nread "b2"\nsh> c3\nread "c3"\n/);
  });

  test('a paste without brackets: only what ends it acts', async () => {
    user.type('ex?plain\twith\ttabs');
    await user.cursorBehind('ex?plain with tabs');
    await cancel();
  });

  test('Ctrl-L clears the screen and keeps the line', async () => {
    user.type('kept');
    await user.cursorBehind('kept');
    user.type('\u000c');
    await user.until((screen) => screen.beforeCursor === 'sh> kept' && screen.row === screen.top, 'a clear screen');
    await cancel();
  });

  test('what is written while a line is edited stands above it', async () => {
    user.type('later\r');
    await user.cursorBehind('later> ');
    user.type('half a li');
    await user.cursorBehind('half a li');
    user.signalProgram('SIGUSR2');
    await user.shows(/\nnews\nlater> half a li$/);
    user.type('ne\r');
    await user.shows('read "half a line"');
  });
});

describe('of 20 columns', () => {
  test('long lines wrap, are edited in the middle, and survive a resize', async () => {
    await using user = await open({ columns: 20, rows: 10 });
    const line = 'abcdefghijklmnopqrstuvwxyz0123456789';
    user.type(line);
    await user.shows('sh> abcdefghijklmnop\nqrstuvwxyz0123456789');
    await user.until((screen) => screen.row === 2 && screen.column === 0, 'the cursor on the next row');
    user.type(`\u0001${ESC}[C漢`);
    await user.shows('sh> a漢bcdefghijklmn\nopqrstuvwxyz01234567\n89');
    user.type('\u0005\r');
    await user.shows(`read "a漢b`);
    user.type('\u001b[A');
    await user.cursorBehind('89');
    await user.resize(40, 10);
    const wrapped = 'sh> a漢bcdefghijklmnopqrstuvwxyz01234567\n89';
    await user.shows(new RegExp(`6789"\n${wrapped}$`));
    user.type('?');
    await user.shows(new RegExp(`6789"\n${wrapped}\nNo help here\n${wrapped}$`));
    await user.resize(20, 10);
    user.type('\u0015short');
    await user.shows(/No help here\nsh> short$/);
    expect(user.screen.unknown).toEqual([]);
  });

  test('lists fit the width', async () => {
    await using user = await open({ columns: 20 });
    user.type('dane ?');
    await user.shows(/config {2}Settings|config {2}Setting…/);
    expect(Math.max(...user.screen.lines.map((_, row) => user.screen.lineAt(row).length))).toBeLessThanOrEqual(20);
  });
});

describe('what is too much, and what is not there', () => {
  test('a line of 1 MiB is pasted, with and without brackets, and drawn around the cursor', async () => {
    await using user = await open();
    const line = 'dane\tadd orvelte '.repeat(61_681);
    user.type(`${ESC}[200~${line}${ESC}[201~`);
    await user.cursorBehind('add orvelte ');
    user.type('\r');
    await user.shows(`read ${line.length}  orvelte`);
    // No tabs: without brackets one at the end of what the terminal hands over at once is the key, and who tells where that ends?
    user.type(line.replaceAll('\t', ' '));
    user.type('end\r');
    await user.shows(`read ${line.length + 3} velte end`);
  });

  test('TERM=dumb: lines are read, nothing but text is written, Ctrl-C cancels', async () => {
    await using user = await open({ env: { TERM: 'dumb' } });
    user.type('zone ?\t\r');
    await user.shows(/read "zone \?\\t"\nsh>$/);
    user.type('half');
    await user.cursorBehind('half');
    user.type('\u0003');
    await user.shows(/half\^C\nsh>/);
    user.type('work\r');
    await user.shows('Working, 1 s');
    user.type('\u0003');
    await user.shows('work aborted');
    user.type('\u0004');
    expect(await user.exit()).toBe(0);
    expect(user.raw).not.toContain(ESC);
  });

  test('NO_COLOR: keys work, nothing is coloured, no hint', async () => {
    await using user = await open({ env: { NO_COLOR: '1' } });
    user.type('dane ?');
    await user.shows('  add     One more');
    await user.cursorBehind('dane ');
    user.type('bad');
    await user.cursorBehind('dane bad');
    // eslint-disable-next-line no-control-regex -- the escape sequences of colours
    expect(user.raw).not.toMatch(/\u001b\[[0-9;]*m/);
    expect(user.screen.text).not.toContain('onfig any-end');
  });

  test('broken UTF-8 is replaced, a C1 control is not taken', async () => {
    await using user = await open();
    user.type('a\udcff\u009bb');
    await user.cursorBehind('a\ufffdb');
  });
});
