import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { AuditVerification, type AuditFindings, type ChainEnd } from '../src/index.js';
import { GENESIS, LINK } from '../src/audit-chain.js';
import { AuditPage } from '../src/audit-page.js';
import { chain } from '../src/chain-writer.js';

const LINES = 12;
const NOTHING = new Uint8Array();

/** A log of records with these numbers in them. */
function logOf(numbers: readonly number[]): { head: ChainEnd; log: Buffer } {
  const page = new AuditPage();
  for (const n of numbers) {
    const record = `${LINK}"time":"2026-11-22T06:00:00.000Z","record":"command","n":${n}}\n`;
    page.add({ start: Buffer.from(record), number: null, end: NOTHING });
  }
  const chained = chain(GENESIS, page.content, Buffer.alloc(page.size));
  return { head: { ...chained.head, first: 1 }, log: chained.bytes };
}

const numbers = Array.from({ length: LINES }, (_item, index) => index);
const { head, log } = logOf(numbers);
const lines = log.toString('latin1').split('\n').slice(0, -1);

function verify(bytes: Buffer, kept: ChainEnd | null = head): AuditFindings {
  const verification = new AuditVerification(kept);
  const parts = bytes.toString('latin1').split('\n');
  const rest = parts.pop() ?? '';
  parts.forEach((part, index) => verification.line(Buffer.from(part, 'latin1'), { file: 'log', line: index + 1 }));
  verification.endOfFile(Buffer.from(rest, 'latin1'), { file: 'log', line: parts.length + 1 });
  return verification.finish({ file: 'log', line: parts.length });
}

const of = (some: readonly string[]): Buffer => Buffer.from(some.map((line) => `${line}\n`).join(''), 'latin1');
const told = ({ problems }: AuditFindings): string[] => problems.map(({ kind, line }) => `${kind} ${line}`);
const without = (at: number): string[] => lines.filter((_line, index) => index !== at - 1);
const changed = (at: number, from: string, to: string): string[] =>
  lines.map((line, index) => (index === at - 1 ? line.replace(from, to) : line));

test('a whole log has no problems', () => {
  expect(verify(log)).toEqual({
    lines: LINES,
    first: 1,
    last: { sequence: LINES, hash: head.hash },
    problems: [],
    more: 0,
  });
  expect(verify(of(lines.slice(4)), null)).toMatchObject({ first: 5, problems: [] });
  expect(verify(Buffer.alloc(0), null)).toMatchObject({ first: null, last: null, problems: [] });
});

describe('is told of', () => {
  const swapped = [...lines];
  [swapped[4], swapped[5]] = [lines[5]!, lines[4]!];
  test.each<[string, Buffer, string[]]>([
    ['a changed line', of(changed(5, 'command', 'comment')), ['changed 5']],
    ['a changed number', of(changed(5, '"seq":5', '"seq":7')), ['changed 5']],
    ['a changed hash', of(changed(5, '"prev":"', '"prev":"0')), ['changed 5']],
    ['a line that is none', of(changed(5, '{', '[')), ['changed 5']],
    ['a line put in between', of([...lines.slice(0, 5), 'x', ...lines.slice(5)]), ['changed 6']],
    ['a missing line', of(without(5)), ['missing 5']],
    ['a missing first line', of(without(1)), ['missing 1']],
    ['a missing last line', of(without(LINES)), ['missing 11']],
    ['two swapped lines', of(swapped), ['moved 5']],
    ['a doubled line', of([...lines.slice(0, 5), lines[4]!, ...lines.slice(5)]), ['doubled 6']],
    ['a doubled last line', of([...lines, lines.at(-1)!]), ['doubled 13']],
    ['a changed last line', of(changed(LINES, 'command', 'comment')), ['changed 12']],
    ['an end in the midst of a line', log.subarray(0, -20), ['torn 12', 'missing 11']],
    ['nothing left', Buffer.alloc(0), ['missing 0']],
  ])('%s', (_what, bytes, problems) => {
    expect(told(verify(bytes))).toEqual(problems);
  });
});

test('a line without its line feed at the very end is told of', () => {
  expect(told(verify(log.subarray(0, -1)))).toEqual(['torn 12', 'missing 11']);
});

test('any changed byte is found', () => {
  fc.assert(
    fc.property(fc.nat(log.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
      const copy = Buffer.from(log);
      copy[at] = (copy[at] ?? 0) ^ difference;
      const { problems } = verify(copy);
      expect(problems.length).toBeGreaterThan(0);
      const changedLine = log.subarray(0, at).filter((byte) => byte === 10).length + 1;
      expect(problems.some(({ line }) => Math.abs(line - changedLine) <= 1)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('any line that was deleted, doubled, moved or put in is found', () => {
  const change = fc.oneof(
    fc.record({ kind: fc.constant('delete'), at: fc.nat(LINES - 1) }),
    fc.record({ kind: fc.constant('double'), at: fc.nat(LINES - 1), to: fc.nat(LINES) }),
    fc.record({ kind: fc.constant('swap'), at: fc.nat(LINES - 1), to: fc.nat(LINES - 1) }),
    fc.record({ kind: fc.constant('insert'), at: fc.nat(LINES - 1), text: fc.string() }),
  );
  fc.assert(
    fc.property(change, (wanted) => {
      const copy = [...lines];
      const { at } = wanted;
      if (wanted.kind === 'delete') copy.splice(at, 1);
      else if ('text' in wanted) copy.splice(at, 0, wanted.text.replaceAll('\n', ''));
      else if ('to' in wanted && wanted.kind === 'double') copy.splice(wanted.to, 0, lines[at]!);
      else if ('to' in wanted) [copy[at], copy[wanted.to]] = [lines[wanted.to]!, lines[at]!];
      fc.pre(copy.join('\n') !== lines.join('\n'));
      expect(verify(of(copy)).problems.length).toBeGreaterThan(0);
    }),
    { numRuns: 1000 },
  );
});

test('several logs that were forged in one go are not believed by the kept end', () => {
  const { log: forged } = logOf(numbers.with(3, 9));
  expect(told(verify(forged))).toEqual([`changed ${LINES}`]);
  expect(told(verify(forged, null))).toEqual([]);
});

test('no input at all makes it fail', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(log.length), (noise, at) => {
      verify(Buffer.concat([log.subarray(0, at), noise, log.subarray(at)]));
    }),
  );
});
