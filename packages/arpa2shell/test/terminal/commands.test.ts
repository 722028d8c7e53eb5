import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { History } from '../../src/terminal/index.js';
import { PtySession, type PtyOptions } from './pty-session.js';

const PROGRAM = fileURLToPath(new URL('terminal-program.mjs', import.meta.url));
const ESC = '\u001b';
let folder: string;

beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'history-'))));
afterAll(async () => await rm(folder, { recursive: true }));

async function open(options: PtyOptions = {}): Promise<PtySession> {
  const session = new PtySession(PROGRAM, options);
  await session.cursorBehind('sh> ');
  return session;
}

describe('while a command runs', () => {
  test('a mark shows after a second, Ctrl-C ends the command and not the shell, keys are kept for the next line', async () => {
    await using user = await open();
    user.type('work\r');
    await user.shows('Working, 1 s (Ctrl-C ends it)');
    user.type('dropped\r');
    user.type('\u0003ty');
    await user.shows(/\^C\nwork aborted\nsh> ty$/);
    expect(user.screen.text).not.toContain('Working');
    user.type('ped\r');
    await user.shows('read "typed"');
    user.type('work\r');
    await user.shows('sh> work');
    user.type('kept\r');
    user.signalProgram('SIGINT');
    await user.shows(/work aborted\nsh>/);
  });

  test('a long text is shown screen by screen', async () => {
    await using user = await open({ rows: 10 });
    user.type('page 30\r');
    await user.until((screen) => screen.beforeCursor.startsWith('-- more --'), 'the invitation');
    expect(user.screen.lineAt(user.screen.row - 1)).toBe('row 9');
    user.type('\r');
    await user.until((screen) => screen.lineAt(screen.row - 1) === 'row 10', 'one line more');
    user.type(' ');
    await user.until((screen) => screen.lineAt(screen.row - 1) === 'row 19', 'one screen more');
    user.type('!q');
    await user.cursorBehind('sh> ');
    expect(user.screen.lineAt(user.screen.row - 1)).toBe('row 19');
    expect(user.screen.text).not.toContain('more');
    user.type('page 9\r');
    await user.shows(/row 9\nsh>$/);
    user.type('page 40\rnext line\r');
    await user.shows(/row 40\nsh> next line\nread "next line"\nsh>$/);
  });
});

describe('a long text', () => {
  const MORE = '-- more --';
  /** Waits until the screen is these rows and the invitation. */
  const rows = async (user: PtySession, first: number, last: number, invitation: string): Promise<void> => {
    const shown = Array.from({ length: last - first + 1 }, (_, index) => `row ${first + index}`);
    await user.until((screen) => {
      const text = screen.lines.slice(screen.row - shown.length, screen.row).map((_, index) => {
        return screen.lineAt(screen.row - shown.length + index);
      });
      return screen.beforeCursor.startsWith(invitation) && text.join() === shown.join();
    }, `rows ${first} to ${last} above ${invitation}`);
  };

  test('is shown there and back', async () => {
    await using user = await open({ rows: 10 });
    user.type('page 100\r');
    await rows(user, 1, 9, MORE);
    user.type('  ');
    await rows(user, 19, 27, MORE);
    user.type('b');
    await rows(user, 10, 18, MORE);
    user.type(`${ESC}[A`);
    await rows(user, 9, 17, MORE);
    user.type(`${ESC}[5~`);
    await rows(user, 1, 9, MORE);
    user.type('bk');
    await rows(user, 1, 9, MORE);
    user.type('G');
    await rows(user, 92, 100, '-- end --');
    user.type('jk');
    await rows(user, 91, 99, MORE);
    user.type(`${ESC}[6~g`);
    await rows(user, 1, 9, MORE);
    user.type('G');
    await rows(user, 92, 100, '-- end --');
    user.type(' ');
    await user.cursorBehind('sh> ');
    expect(user.screen.text).not.toMatch(/more|end/);
  });

  test('is searched for a text, as it is', async () => {
    await using user = await open({ rows: 10 });
    user.type('page 100\r');
    await rows(user, 1, 9, MORE);
    user.type('/w 5?');
    await user.cursorBehind('/w 5?');
    user.type('\u007f\r');
    await rows(user, 5, 13, MORE);
    user.type('nn');
    await rows(user, 51, 59, MORE);
    user.type('N');
    await rows(user, 50, 58, MORE);
    user.type('/\u007f/none\r');
    await rows(user, 50, 58, 'Not found. -- more --');
    user.type('/99\r');
    await rows(user, 99, 100, '-- end --');
    user.type('b');
    await rows(user, 90, 98, MORE);
    user.type('/.\u0003g/ \r');
    await rows(user, 1, 9, MORE);
    user.type('q');
    await user.cursorBehind('sh> ');
  });

  test('is cut anew when the window changes', async () => {
    await using user = await open({ rows: 10 });
    user.type('page 100\r');
    await rows(user, 1, 9, MORE);
    await user.resize(60, 6);
    user.type(' ');
    await rows(user, 10, 14, MORE);
    user.type('b');
    await rows(user, 5, 9, MORE);
    user.type('\u0003');
    await user.cursorBehind('sh> ');
  });
});

describe('ways out', () => {
  test('Ctrl-D deletes in a line and ends on an empty one, and the terminal is as it was', async () => {
    await using user = await open();
    user.type('ab\u0001\u0004\r');
    await user.shows('read "b"');
    expect(user.screen.isBracketed).toBe(true);
    user.type('\u0004');
    expect(await user.exit()).toBe(0);
    expect(user.screen.isBracketed).toBe(false);
    expect(user.screen.text).toMatch(/bye$/);
  });

  test('Ctrl-Z, Ctrl-\\ and SIGINT do not end or stop it', async () => {
    await using user = await open();
    user.type('\u001a\u001c\u0007');
    user.signalProgram('SIGINT');
    await user.shows(/\^C\nsh>/);
    user.type('on\r');
    await user.shows('read "on"');
  });

  test('a terminal that goes away ends it without a fuss', async () => {
    await using user = await open();
    user.type('work\r');
    await user.shows('sh> work');
    user.hangUp();
    // SIGHUP, or the end of the input, whichever comes first.
    expect([0, 129]).toContain(await user.exit());
  });
});

describe('history', () => {
  test('arrows walk, with a beginning only through what begins so; Ctrl-R and Ctrl-S search', async () => {
    await using user = await open();
    for (const line of ['zone one', 'dane two', 'zone three']) {
      user.type(`${line}\r`);
      await user.shows(`read "${line}"`);
    }
    user.type(`${ESC}[A${ESC}[A`);
    await user.cursorBehind('sh> dane two');
    user.type(`${ESC}[B${ESC}[B`);
    await user.until((screen) => screen.lineAt(screen.row) === 'sh>', 'the empty line again');
    user.type(`zo${ESC}[A${ESC}[A`);
    await user.cursorBehind('sh> zone one');
    user.type(`${ESC}[B${ESC}[B`);
    await user.cursorBehind('sh> zo');
    user.type('\u0015\u0012ne');
    await user.until((screen) => screen.lineAt(screen.row) === '(search) ne: zone three', 'the latest');
    user.type('\u0012');
    await user.until((screen) => screen.lineAt(screen.row) === '(search) ne: dane two', 'an older one');
    user.type('\u0013');
    await user.until((screen) => screen.lineAt(screen.row) === '(search) ne: zone three', 'a newer one');
    user.type('?');
    await user.until((screen) => screen.lineAt(screen.row).startsWith('(nothing found) ne?:'), 'nothing');
    user.type('\u0003');
    await user.until((screen) => screen.lineAt(screen.row) === 'sh>', 'the line as before');
    user.type('\u0012zone o\r');
    await user.shows(/sh> zone one\nread "zone one"\nsh>$/);
  });

  test('is kept in a file of the user alone, without duplicates, and read by the next shell', async () => {
    const file = join(folder, 'kept');
    {
      await using user = await open({ env: { HISTORY_FILE: file }, args: ['leave'] });
      user.type('alpha\rbeta\ralpha\rleave\r');
      expect(await user.exit()).toBe(0);
    }
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toBe('beta\nalpha\nleave\n');
    await using user = await open({ env: { HISTORY_FILE: file } });
    user.type(`${ESC}[A${ESC}[A`);
    await user.cursorBehind('alpha');
  });

  test('two at once lose nothing, and the limit holds', async () => {
    const file = join(folder, 'shared');
    const problems: string[] = [];
    const options = { file, limit: 60, onProblem: (text: string) => problems.push(text) };
    const [one, other] = [await History.open(options), await History.open(options)];
    for (let count = 0; count < 30; count++) {
      one.add(`one ${count}`);
      other.add(`other ${count}`);
    }
    await Promise.all([one.close(), other.close()]);
    expect(problems).toEqual([]);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(new Set(lines).size).toBe(60);
    await using third = await History.open(options);
    third.add('last');
    expect(third.lines).toHaveLength(60);
    await third.close();
    expect((await readFile(file, 'utf8')).trimEnd().split('\n')).toHaveLength(60);
    expect(problems).toEqual([]);
  });

  test('a link, a folder that is not there and a file of a stranger are told once, and the shell goes on', async () => {
    const target = join(folder, 'target');
    await writeFile(target, 'secret\n');
    await symlink(target, join(folder, 'link'));
    for (const file of [join(folder, 'link'), join(folder, 'none', 'file'), folder, '/dev/null']) {
      const problems: string[] = [];
      const history = await History.open({ file, onProblem: (text) => problems.push(text) });
      history.add('first');
      history.add('second');
      await history.close();
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`"${file}"`);
      expect(history.lines).toEqual(['first', 'second']);
    }
    expect(await readFile(target, 'utf8')).toBe('secret\n');
  });

  test('others lose their rights to the file, and lines that could act on a terminal are not stored', async () => {
    const file = join(folder, 'open');
    await writeFile(file, 'old\nold\n\u001b[2Jbad\n', { mode: 0o644 });
    const history = await History.open({ file, onProblem: (text) => expect(text).toBe('') });
    history.add('\u001b]0;title\u0007');
    history.add('new');
    await history.close();
    expect(await readFile(file, 'utf8')).toBe('old\nnew\n');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});
