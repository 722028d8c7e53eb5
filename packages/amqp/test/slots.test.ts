import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SlotPool } from '../src/slots.js';

class Link {
  credit = 0;
  addCredit(amount: number): void {
    this.credit += amount;
  }
}

class Taker {
  isReleased = false;
  done: () => void = () => undefined;
  release(): void {
    this.isReleased = true;
  }
}

/** A pool with links that play the peer's part. */
class Scene {
  readonly links: Link[] = [];
  readonly working: Taker[] = [];
  readonly everybody: Taker[] = [];
  readonly pool: SlotPool<Taker>;

  constructor(slots: number) {
    this.pool = new SlotPool<Taker>(slots, (taker, done) => {
      taker.done = done;
      this.working.push(taker);
    });
  }

  add(): void {
    const link = new Link();
    this.links.push(link);
    this.pool.add(link);
  }

  remove(index: number): void {
    const [link] = this.links.splice(index % this.links.length, 1);
    if (link !== undefined) this.pool.remove(link);
  }

  send(index: number): void {
    const link = this.links[index % this.links.length];
    if (link === undefined || link.credit === 0) return;
    link.credit -= 1;
    const taker = new Taker();
    this.everybody.push(taker);
    this.pool.arrived(link, taker);
  }

  finish(index: number): void {
    const [taker] = this.working.splice(index % this.working.length, 1);
    taker?.done();
    taker?.done(); // twice is once
  }

  get credit(): number {
    return this.links.reduce((sum, { credit }) => sum + credit, 0);
  }
}

describe('slots and credit', () => {
  test('one link holds all slots, and gets one back for each that is done', () => {
    const scene = new Scene(3);
    scene.add();
    expect(scene.credit).toBe(3);
    for (let round = 0; round < 3; round += 1) scene.send(0);
    expect([scene.credit, scene.pool.busy]).toEqual([0, 3]);
    scene.finish(0);
    expect([scene.credit, scene.pool.busy]).toEqual([1, 2]);
  });

  test('a second link gets its part at once, and what the first one gives back later', () => {
    const scene = new Scene(8);
    scene.add();
    scene.add();
    expect(scene.links.map(({ credit }) => credit)).toEqual([4, 4]);
    for (let round = 0; round < 4; round += 1) scene.send(0);
    scene.remove(1);
    expect(scene.credit).toBe(4);
    for (let round = 0; round < 4; round += 1) scene.send(0);
    scene.add();
    expect(scene.links.map(({ credit }) => credit)).toEqual([0, 1]);
    for (let round = 0; round < 8; round += 1) scene.finish(0);
    expect(scene.links.map(({ credit }) => credit)).toEqual([4, 4]);
  });

  test('with more links than slots each may send one, and nobody is forgotten', () => {
    const scene = new Scene(1);
    for (let index = 0; index < 5; index += 1) scene.add();
    for (let index = 0; index < 5; index += 1) scene.send(index);
    expect([scene.credit, scene.pool.busy, scene.pool.waiting]).toEqual([0, 1, 4]);
    for (let index = 0; index < 5; index += 1) {
      expect(scene.working).toHaveLength(1);
      scene.finish(0);
    }
    expect(scene.everybody.some(({ isReleased }) => isReleased)).toBe(false);
    expect(scene.credit).toBe(5);
  });

  test('any number of deliveries that are done at once may wait', () => {
    const dones: (() => void)[] = [];
    const pool = new SlotPool<Taker>(1, (_taker, done) => {
      if (dones.push(done) > 1) done();
    });
    const link = new Link();
    pool.add(link);
    for (let index = 0; index < 10_000; index += 1) pool.arrived(link, new Taker());
    expect(pool.waiting).toBe(9999);
    dones[0]!();
    expect([dones.length, pool.waiting, pool.busy, pool.credit]).toEqual([10_000, 0, 0, 1]);
  });

  test('drained, it hands nothing on and gives everything back', () => {
    const scene = new Scene(1);
    scene.add();
    scene.add();
    scene.send(0);
    scene.send(1);
    scene.pool.drain();
    expect(scene.everybody.map(({ isReleased }) => isReleased)).toEqual([false, true]);
    expect(scene.credit).toBe(0);
    scene.finish(0);
    expect([scene.credit, scene.pool.busy]).toEqual([0, 0]);
  });

  test('never runs over, whatever happens', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'remove', 'send', 'send', 'send', 'finish', 'finish'),
      at: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step, { maxLength: 200 }), (slots, steps) => {
        const scene = new Scene(slots);
        let most = 0;
        for (const { kind, at } of steps) {
          if (kind === 'add') scene.add();
          else if (kind === 'remove') scene.remove(at);
          else if (kind === 'send') scene.send(at);
          else scene.finish(at);
          most = Math.max(most, scene.links.length);
          const { busy, waiting, credit } = scene.pool;
          expect(credit).toBe(scene.credit);
          expect(busy).toBeLessThanOrEqual(slots);
          if (waiting > 0) expect(busy).toBe(slots);
          // Only the one credit that every idle link is owed can lead above the slots.
          expect(credit + busy + waiting).toBeLessThanOrEqual(slots + most);
          if (busy === 0) for (const link of scene.links) expect(link.credit).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 500 },
    );
  });
});
