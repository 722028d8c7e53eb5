import type { RheaDeliveries, RheaDelivery } from '../rhea.js';

/**
 * Stands in for rhea's ring of deliveries. The ring gives room back from its head only, so one delivery that stays
 * unsettled stalls the session after 2,047 more; here every delivery that is settled makes room.
 */
export class DeliveryTable<T extends RheaDelivery = RheaDelivery> implements RheaDeliveries<T> {
  readonly #entries = new Map<number, T>();
  readonly #capacity: number;

  /** @param capacity deliveries that may be unsettled at one time */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  available(): number {
    return this.#capacity - this.#entries.size;
  }

  push(delivery: T): void {
    if (this.available() <= 0) throw new RangeError('Too many unsettled deliveries in one session');
    this.#entries.set(delivery.id, delivery);
  }

  pop_if(test: (delivery: T) => boolean): number {
    let count = 0;
    for (const [id, delivery] of this.#entries) {
      if (!test(delivery)) continue;
      this.#entries.delete(id);
      count += 1;
    }
    return count;
  }

  by_id(id: number): T | undefined {
    return this.#entries.get(id);
  }

  delete(id: number): void {
    this.#entries.delete(id);
  }

  /**
   * The deliveries of a range, whatever its length: a disposition may name four thousand million of them.
   *
   * @param first first id of the range
   * @param last last id of the range, not less than `first`
   */
  range(first: number, last: number): T[] {
    if (last - first >= this.#entries.size) {
      return [...this.#entries.values()].filter(({ id }) => id >= first && id <= last);
    }
    const found: T[] = [];
    for (let id = first; id <= last; id += 1) {
      const delivery = this.#entries.get(id);
      if (delivery !== undefined) found.push(delivery);
    }
    return found;
  }
}
