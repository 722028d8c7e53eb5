import { createHash } from 'node:crypto';
import { ShellError } from '@arpa2amqp/shell';

/** Which text is transferred. */
export interface Transfer {
  readonly sender: string;
  readonly origin: string;
  readonly position: number;
  readonly mark: string;
  readonly parts: number;
  /** SHA-256 of the whole text, in hexadecimal. */
  readonly digest: string;
}

/** The text when it is whole, or the number of the part that comes next, from 1. */
export type Staged = { readonly text: string } | { readonly needed: number };

/** The text of a million entries with long names. */
const MAX_CHARACTERS = 128 * 1024 * 1024;

/** Puts a text together that comes in several batches. One at a time: the first part of another one ends it. */
export class Staging {
  #key = '';
  #parts: string[] = [];
  #length = 0;

  /** @throws ShellError `too-large`; `failed` when the parts do not make the text */
  add(transfer: Transfer, part: number, text: string): Staged {
    const key = JSON.stringify(transfer);
    if (part === 1) this.#begin(key);
    if (key !== this.#key || part !== this.#parts.length + 1) {
      return { needed: key === this.#key ? this.#parts.length + 1 : 1 };
    }
    this.#length += text.length;
    if (this.#length > MAX_CHARACTERS) {
      this.clear();
      throw new ShellError(`The lists are longer than ${MAX_CHARACTERS} characters`, { code: 'too-large' });
    }
    this.#parts.push(text);
    if (part < transfer.parts) return { needed: part + 1 };
    const whole = this.#parts.join('');
    this.clear();
    if (createHash('sha256').update(whole).digest('hex') === transfer.digest) return { text: whole };
    throw new ShellError('The lists were changed on their way: their digest is another one');
  }

  /** Forgets what has come so far. */
  clear(): void {
    this.#begin('');
  }

  #begin(key: string): void {
    this.#key = key;
    this.#parts = [];
    this.#length = 0;
  }
}
