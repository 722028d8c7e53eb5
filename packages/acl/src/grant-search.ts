import { decide } from './decision.js';
import type { Identity } from './identity.js';
import type { Right } from './rights.js';
import type { StoreReader } from './store-reader.js';

/** So many lists are looked at for one answer, which takes some milliseconds. */
const MAX_LISTS = 1000;
const MAX_ANSWERS = 10_000;

/** Finds out whether a right is held on any resource of a class, and remembers it until the store changes. */
export class GrantSearch {
  readonly #reader: StoreReader;
  readonly #answers = new Map<string, boolean>();
  #position = -1;

  constructor(reader: StoreReader) {
    this.#reader = reader;
  }

  /** On the snapshot that the reader is at. */
  isGranted(identity: Identity, right: Right, className: string): boolean {
    const { position } = this.#reader.about();
    if (position !== this.#position || this.#answers.size >= MAX_ANSWERS) this.#answers.clear();
    this.#position = position;
    const key = `${right}${className} ${identity}`;
    let answer = this.#answers.get(key);
    if (answer === undefined) {
      answer = this.#look(identity, right, className);
      this.#answers.set(key, answer);
    }
    return answer;
  }

  #look(identity: Identity, right: Right, className: string): boolean {
    let count = 0;
    for (const { resource } of this.#reader.lists(className)) {
      count += 1;
      if (count > MAX_LISTS || decide(this.#reader, identity, right, [resource]).isGranted) return true;
    }
    return false;
  }
}
