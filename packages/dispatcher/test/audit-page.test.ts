import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { LINK } from '../src/audit-chain.js';
import { AuditPage } from '../src/audit-page.js';

const STARTS = ['"batch":"1","command":', '"batch":"22","command":'].map((text) => Buffer.from(`${LINK}${text}`));
const ENDS = [',"outcome":"ok"}\n', ',"outcome":"denied"}\n'].map((text) => Buffer.from(text));
const NOTHING = new Uint8Array();

/** A piece of a log: lines with these parts, and numbers that go up by so much. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly first: number;
  readonly step: number;
  readonly lines: number;
  readonly isOther: boolean;
}

const pieces: fc.Arbitrary<readonly Piece[]> = fc.array(
  fc.record({
    start: fc.nat(STARTS.length - 1),
    end: fc.nat(ENDS.length - 1),
    first: fc.oneof(fc.nat(20), fc.nat(1200)),
    step: fc.constantFrom(0, 1, 1, 1, 2),
    lines: fc.nat(25),
    isOther: fc.boolean(),
  }),
  { maxLength: 8 },
);

test('a page has the lines of its parts, whatever is made of the lines before them', () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 7, 95, 985, 9_999_990), pieces, (sequence, list) => {
      const page = new AuditPage();
      // Pages are used again.
      page.add({ start: STARTS[0] ?? NOTHING, number: 3, end: ENDS[0] ?? NOTHING });
      page.begin(sequence);
      const expected: string[] = [];
      const add = (start: Uint8Array, number: number | null, end: Uint8Array): void => {
        page.add({ start, number, end });
        const text = `${Buffer.from(start).toString()}${number ?? ''}${Buffer.from(end).toString()}`;
        expected.push(`{"seq":${sequence + expected.length + 1}${text}`);
      };
      for (const { start, end, first, step, lines, isOther } of list) {
        for (let line = 0; line < lines; line += 1) {
          add(STARTS[start] ?? NOTHING, first + line * step, ENDS[end] ?? NOTHING);
        }
        if (isOther) add(Buffer.from(`${LINK}"record":"reload"}\n`), null, NOTHING);
      }
      expect(page.bytes.toString()).toBe(expected.join(''));
      expect(page.lines).toBe(expected.length);
      const { places } = page;
      const zeros = '0'.repeat(64);
      expected.forEach((line, index) => {
        const room = places[2 * index] ?? 0;
        expect(page.bytes.toString('latin1', room, room + zeros.length)).toBe(zeros);
        expect(page.bytes.toString('latin1', room - 8, room)).toBe('"prev":"');
        expect(page.bytes.toString('latin1', (places[2 * index + 1] ?? 0) - line.length, places[2 * index + 1])).toBe(
          line,
        );
      });
    }),
  );
});
