import { describe, expect, test } from '@jest/globals';
import { BusError, errorReply } from '@arpa2amqp/protocol';
import fc from 'fast-check';
import { applyFilters, readFilter } from '../src/filters.js';
import { hereDocumentsOf } from '../src/input/here-document.js';
import { linesFrom, type ScriptLine } from '../src/line-source.js';
import { listingOf } from '../src/listing.js';
import { promptFor } from '../src/prompt.js';
import { replyText } from '../src/reply-text.js';
import { commandsFrom } from '../src/script-command.js';
import { SessionMemory } from '../src/session-memory.js';
import { readTypedLine } from '../src/typed-line.js';

describe('a typed line', () => {
  test.each<[string, readonly string[], boolean]>([
    ['dane add "a b" c', ['dane', 'add', 'a b', 'c'], false],
    ['?', ['help'], false],
    ['?dane', ['help', 'dane'], false],
    ['? dane', ['help', 'dane'], false],
    ['dane config ?', ['dane', 'config'], true],
    [`echo '?'`, ['echo', '?'], false],
    ['# dane', [], false],
    ['  ', [], false],
    [`echo '|' "|" \\|`, ['echo', '|', '|', '|'], false],
    ['echo $(id) `id` ; id & > x', ['echo', '$(id)', '`id`', ';', 'id', '&', '>', 'x'], false],
  ])('%j', (line, words, isQuestion) => {
    expect(readTypedLine(line)).toEqual({ words, filters: [], input: null, isQuestion });
  });

  const of = (name: string, more = {}) => ({ kind: 'file', name, isInHome: false, isBase64: false, ...more });
  test.each<[string, readonly string[], object | null]>([
    ['acl import < x', ['acl', 'import'], of('x')],
    ['acl import <x', ['acl', 'import'], of('x')],
    ['acl < "a b" import', ['acl', 'import'], of('a b')],
    [`<'a b' acl import`, ['acl', 'import'], of('a b')],
    ['acl import < base64:x', ['acl', 'import'], of('x', { isBase64: true })],
    ['acl import < ./base64:x', ['acl', 'import'], of('./base64:x')],
    ['acl import < ~/x', ['acl', 'import'], of('x', { isInHome: true })],
    ['acl import <base64:~/x', ['acl', 'import'], of('x', { isInHome: true, isBase64: true })],
    [`acl import < '~/x'`, ['acl', 'import'], of('~/x')],
    ['acl import < -', ['acl', 'import'], of('-', { kind: 'standard-input' })],
    ['acl import <<END', ['acl', 'import'], { kind: 'document' }],
    ['acl import <<- END', ['acl', 'import'], { kind: 'document' }],
    [`echo '<' "<x" \\<y a<b '<<'END`, ['echo', '<', '<x', '<y', 'a<b', '<<END'], null],
    [`echo 'a<<b' a"<<\\""b a\\<<b a'<'<b`, ['echo', 'a<<b', 'a<<"b', 'a<<b', 'a<<b'], null],
  ])('%j has its input', (line, words, input) => {
    expect(readTypedLine(line)).toEqual({ words, filters: [], input, isQuestion: false });
  });

  test.each<[string, readonly string[]]>([
    ['a <<END', ['END']],
    ['a << "the end" <<-X < f', ['the end', 'X']],
    ['a | include <<END', ['END']],
    ['a <<', []],
    [`a '<<END' <<<x "<<`, []],
    ['# a <<END', []],
    ['a b<<A <<B', []],
  ])('%j is followed by texts up to %j', (line, ends) => {
    expect(hereDocumentsOf(line).map(({ word }) => word)).toEqual(ends);
  });

  test.each([
    ['echo "x', /not closed/],
    ['echo \\', /backslash/],
    ['echo \u0007', /U\+0007/],
    ['echo x | ', /filter is missing/],
    ['| count', /command is missing/],
    ['echo | inclde x', /did you mean "include"/],
    ['echo | include', /TEXT/],
    ['echo | count 5', /takes nothing/],
    ['echo | count | json', /first filter/],
    ['echo <', /file is missing/],
    ['echo < | count', /file is missing/],
    ['echo < base64:', /file is missing/],
    ['echo <<', /word that ends the text is missing/],
    ['echo < x < y', /given twice/],
    ['echo < x <<END', /given twice/],
    ['echo <<<x', /has to be quoted/],
    ['acl import a<<END', /^A "<<" inside a word, "a<<END", has to be quoted; .*blank in front/],
    ['acl import 2<< END', /"2<<", has to be quoted/],
    ['acl import <f<<END', /"<f<<END", has/],
    ['acl import < f<<END', /"f<<END", has/],
    ['acl import <<A<<B', /"<<A<<B", has/],
    [`acl import 'a'\\<"b"<<END`, /has to be quoted; for input/],
    ['acl export | include a<<END', /"a<<END", has/],
    ['echo <(id)', /has to be quoted/],
    ['echo <&0', /has to be quoted/],
    ['dane add <zone>', /<zone> stands for a value/],
    ['echo | include a < x', /in front of the first "\|"/],
    ['< x', /no command for the input/],
    ['x'.repeat(1024 * 1024 + 1), /longer than/],
  ])('%.40j is refused', (line, reason) => {
    expect(() => readTypedLine(line)).toThrow(reason);
  });

  test('is read or refused in words, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (line) => {
        try {
          expect(Array.isArray(readTypedLine(line).words)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(BusError);
        }
      }),
    );
  });
});

describe('filters', () => {
  const text = 'one\ntwo\nthree\nfour\n';
  test.each<[string[][], string]>([
    [[['include', 'o']], 'one\ntwo\nfour\n'],
    [[['exclude', 'o']], 'three\n'],
    [[['begin', 'thr']], 'three\nfour\n'],
    [[['begin', 'none']], ''],
    [[['count']], '4\n'],
    [[['include', 'o'], ['count']], '3\n'],
    [[['include', '(a+)+$']], ''],
  ])('%j', (stages, expected) => {
    const filters = stages.map((stage, index) => readFilter(stage, index === 0));
    expect(applyFilters(text, filters)).toBe(expected);
  });
});

test('a reply is readable: headers, tables, nesting, and nothing that looks like more lines than there are', () => {
  expect(
    replyText({
      headers_: [['Delay', '5']],
      name: 'x\ny',
      list: ['a', 'b'],
      mixed: [{ deep: { er: 1 } }, 2],
      rows: [
        { a: 1, b: null },
        { a: 22, c: true },
      ],
      nothing: {},
    }),
  ).toBe(
    [
      'Delay: 5',
      '',
      'name: "x\\ny"',
      'list:',
      '  a',
      '  b',
      'mixed:',
      '  -',
      '    deep:',
      '      er: 1',
      '  - 2',
      'rows:',
      '  a   b     c',
      '  1   null',
      '  22        true',
      'nothing: (none)',
      '',
    ].join('\n'),
  );
  expect(replyText({ stdout_: 'no line end' })).toBe('no line end\n');
  expect(replyText({ headers_: [] })).toBe('');
});

test('a reply cannot be made to take more room than it should: many columns are no table, wide cells are not padded to', () => {
  const columns = Array.from({ length: 50_000 }, (_, index) => ({ [`k${index}`]: 1 }));
  expect(replyText({ columns })).toBe(`columns:\n${columns.map((_, index) => `  -\n    k${index}: 1\n`).join('')}`);
  const rows = Array.from({ length: 200_000 }, () => ({ a: 1 }));
  expect(replyText({ rows })).toBe(`rows:\n  a\n${'  1\n'.repeat(rows.length)}`);
  const cells = [{ a: 'x'.repeat(1000), b: 1 }, ...Array.from({ length: 50_000 }, () => ({ a: 1, b: 2 }))];
  expect(replyText({ cells }).split('\n').at(-2)).toBe(`  ${'1'.padEnd(64)}  2`);
  const names = ['x'.repeat(1000), 'y'].map((value) => ({ value, help: 'help' }));
  expect(listingOf({ candidates: names, placeholders: [], mayEnd: false })).toBe(
    `  ${'x'.repeat(1000)}  help\n  ${'y'.padEnd(40)}  help\n`,
  );
});

describe('the lines of a stream', () => {
  const collect = async (chunks: readonly Buffer[]): Promise<ScriptLine[]> => {
    async function* stream(): AsyncIterable<Buffer> {
      for (const chunk of chunks) yield await Promise.resolve(chunk);
    }
    const lines: ScriptLine[] = [];
    for await (const line of linesFrom(stream(), 'in')) lines.push(line);
    return lines;
  };

  test('do not depend on where the chunks end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 20 })), async (chunks) => {
        const pieces = chunks.map((chunk) => Buffer.from(chunk));
        const plain = (lines: ScriptLine[]): unknown =>
          lines.map((line) => ('problem' in line ? line.problem.code : line.text));
        expect(plain(await collect(pieces))).toEqual(plain(await collect([Buffer.concat(pieces)])));
      }),
    );
  });

  test('are refused one by one when they are too long', async () => {
    const lines = await collect([Buffer.alloc(700_000, 120), Buffer.alloc(700_000, 120), Buffer.from('\nnext')]);
    expect(lines).toEqual([
      { problem: expect.objectContaining({ code: 'too-large' }) as unknown, where: 'in:1', mayOpenText: false },
      { text: 'next', where: 'in:2' },
    ]);
  });
});

describe('below a line that cannot be read', () => {
  const latin1 = Buffer.from('acl import name=caf\xe9 ', 'latin1');
  const long = Buffer.alloc(1024 * 1024, 120);
  test.each<[string, readonly (Buffer | string)[], boolean]>([
    ['not UTF-8', [latin1, '<<END'], true],
    ['with another line in the same chunk', [Buffer.concat([latin1, Buffer.from('<<END\nzone del x\n')])], true],
    ['too long', ['acl import ', long, ' <<END'], true],
    ['too long, <<END first', ['acl import <<END ', long], true],
    ['too long, the sign in two chunks', ['acl import ', long, ' <', '<END'], true],
    ['a comment', ['# ', latin1, '<<END'], false],
    ['the sign inside a word', ['acl import a<<END'], true],
    ['the sign inside a word, and once more', ['acl import a<<END <<B'], true],
    ['without the sign', [latin1, '<', 'x<'], false],
  ])('nothing is run where it may be text: %s', async (_what, line, isOver) => {
    async function* stream(): AsyncIterable<Buffer> {
      for (const part of [...line, '\nzone del example.org\nEND\n']) yield await Promise.resolve(Buffer.from(part));
    }
    const commands: string[] = [];
    for await (const command of commandsFrom(linesFrom(stream(), 'in'))) {
      commands.push('text' in command ? command.text : command.problem.message);
    }
    const told = isOver ? /lines below are not run/ : /^The line is not UTF-8$/;
    expect(commands).toEqual([expect.stringMatching(told), ...(isOver ? [] : ['zone del example.org', 'END'])]);
  });
});

describe('what was set in a shell', () => {
  test('is repeated once, and a failure of it is told beside the reply', () => {
    const memory = new SessionMemory();
    memory.add(['start', 'at', '1']);
    memory.add(['start', 'at', '1']);
    expect(memory.commands).toEqual([['start', 'at', '1']]);
    expect(memory.lastOf([{ stdout_: '' }, { stdout_: 'x' }])).toEqual({ stdout_: 'x' });
    const notRun = errorReply('not-run', 'Not run\n');
    expect(memory.lastOf([notRun, errorReply('syntax', 'no\n')])).toEqual(errorReply('syntax', 'no\n'));
    expect(memory.lastOf([errorReply('denied', 'No right\n'), { stdout_: 'x' }])).toEqual({
      stdout_: 'x',
      stderr_: expect.stringMatching(/could not be set again.*No right\n$/) as unknown,
      error_: { code: 'failed' },
    });
  });

  test('does not grow for ever', () => {
    const memory = new SessionMemory();
    const fill = (): void => {
      for (let at = 0; at < 1000; at += 1) memory.add(['start', 'at', String(at)]);
    };
    expect(fill).toThrow(/reset/);
    expect(memory.commands.length).toBeLessThan(1000);
  });
});

test.each([
  [null, 'arpa2dns> '],
  [{ kind: 'none' } as const, '(no ticket) arpa2dns> '],
  [{ kind: 'expired' } as const, '(ticket expired) arpa2dns> '],
])('the prompt for %j', (ticket, text) => {
  expect(promptFor('arpa2dns', ticket, 0).text).toBe(text);
});

test.each([
  [600_000, 'demo@arpa2.test arpa2dns> '],
  [599_000, 'demo@arpa2.test (9 min left) arpa2dns> '],
  [59_000, 'demo@arpa2.test (under 1 min left) arpa2dns> '],
])('the prompt with a ticket for %d ms', (leftMs, text) => {
  const ticket = {
    kind: 'valid',
    principal: 'demo@ARPA2.TEST',
    identity: 'demo@arpa2.test',
    expires: new Date(leftMs),
  } as const;
  const prompt = promptFor('arpa2dns', ticket, 0);
  expect(prompt.text).toBe(text);
  expect(prompt.parts?.map((part) => part.text).join('')).toBe(text);
});
