import type { InputEvent } from './key-input.js';

/** What was typed ahead beyond this, in UTF-16 units and keys, is dropped. */
const MAX_SIZE = 4 * 1024 * 1024;

/** What was typed and not taken yet. */
export class InputQueue {
  #events: InputEvent[] = [];
  #next = 0;
  #size = 0;

  get isEmpty(): boolean {
    return this.#next === this.#events.length;
  }

  /** @returns false when some of it was dropped because too much waits already. */
  push(events: readonly InputEvent[]): boolean {
    for (const event of events) {
      const size = sizeOf(event);
      if (this.#size + size > MAX_SIZE) return false;
      this.#size += size;
      this.#events.push(event);
    }
    return true;
  }

  shift(): InputEvent | undefined {
    const event = this.#events[this.#next];
    if (event === undefined) {
      this.clear();
      return undefined;
    }
    this.#next++;
    this.#size -= sizeOf(event);
    return event;
  }

  clear(): void {
    this.#events = [];
    this.#next = 0;
    this.#size = 0;
  }
}

function sizeOf(event: InputEvent): number {
  return event.kind === 'text' ? event.text.length : 1;
}
