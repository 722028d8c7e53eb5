import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createHash } from 'node:crypto';
import { GENESIS, LINK, type ChainHead } from '../src/audit-chain.js';
import { AuditPage } from '../src/audit-page.js';
import { chain } from '../src/chain-writer.js';

const STARTS = ['"batch":"1","command":', '"batch":"22","command":'].map((text) => Buffer.from(`${LINK}${text}`));
const ENDS = [',"outcome":"ok"}\n', ',"outcome":"denied"}\n'].map((text) => Buffer.from(text));
const NOTHING = new Uint8Array();

/** A piece of a log: lines with these parts, and numbers that go up by so much. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly first: number | null;
  readonly step: number;
  readonly lines: number;
  readonly isOther: boolean;
}

const pieces: fc.Arbitrary<readonly Piece[]> = fc.array(
  fc.record({
    start: fc.nat(STARTS.length - 1),
    end: fc.nat(ENDS.length - 1),
    // Null: goes on from the line before.
    first: fc.oneof(fc.constant(null), fc.constant(null), fc.nat(20), fc.nat(1200), fc.constant(999_999_999_999_995)),
    step: fc.constantFrom(0, 1, 1, 1, 2),
    lines: fc.nat(25),
    isOther: fc.boolean(),
  }),
  { maxLength: 8 },
);

/** The same lines, the simple way. */
function reference(head: ChainHead, bodies: readonly string[]): { head: ChainHead; text: string } {
  let { sequence, hash } = head;
  let text = '';
  for (const body of bodies) {
    sequence += 1;
    const line = `{"seq":${sequence}${body.replace(GENESIS.hash, hash)}`;
    hash = createHash('sha256').update(line.trimEnd()).digest('hex');
    text += line;
  }
  return { head: { sequence, hash }, text };
}

test('the lines of a page are chained as if each had been written out', () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 7, 95, 985, 9_999_990, 999_999_999_999_970), pieces, (sequence, list) => {
      const head = { sequence, hash: 'ab'.repeat(32) };
      const page = new AuditPage();
      // Pages are used again.
      page.add({ start: STARTS[0] ?? NOTHING, number: 3, end: ENDS[0] ?? NOTHING });
      page.clear();
      const bodies: string[] = [];
      const add = (start: Uint8Array, number: number | null, end: Uint8Array): void => {
        page.add({ start, number, end });
        bodies.push(`${Buffer.from(start).toString()}${number ?? ''}${Buffer.from(end).toString()}`);
      };
      let number = 0;
      for (const { start, end, first, step, lines, isOther } of list) {
        number = first ?? number;
        for (let line = 0; line < lines; line += 1) {
          add(STARTS[start] ?? NOTHING, number, ENDS[end] ?? NOTHING);
          number += step;
        }
        if (isOther) add(Buffer.from(`${LINK}"record":"reload"}\n`), null, NOTHING);
      }
      const expected = reference(head, bodies);
      const chained = chain(head, page.content, Buffer.alloc(page.size));
      expect(chained.bytes.toString()).toBe(expected.text);
      expect(chained.head).toEqual(expected.head);
      expect(page.lines).toBe(bodies.length);
    }),
  );
});
