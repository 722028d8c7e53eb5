import type { AcceptorContext } from './acceptor-context.js';
import { busErrorOf } from './gss-failure.js';
import type { OpenedPayload, PeerStyle } from './opened.js';
import { isRotated, sealedDigest } from './sealed-digest.js';

/** A message that was opened, with the context that seals its answer. */
export class Payload implements OpenedPayload {
  readonly kind = 'payload';
  readonly plaintext: Buffer;
  readonly #context: AcceptorContext;
  readonly #digest: SealedName;
  readonly #release: () => void;

  /** @param release - ends the hold on the context, once */
  constructor(plaintext: Buffer, context: AcceptorContext, digest: SealedName, release: () => void) {
    this.plaintext = plaintext;
    this.#context = context;
    this.#digest = digest;
    this.#release = release;
  }

  get style(): PeerStyle {
    return this.#context.style.name;
  }

  get principal(): string {
    return this.#context.principal;
  }

  get expiresAtMs(): number {
    return this.#context.expiresAtMs;
  }

  get contextId(): string {
    return this.#context.contextId;
  }

  get digest(): string {
    return this.#digest.value;
  }

  seal(plaintext: Buffer): Buffer | Promise<Buffer> {
    try {
      const sealed = this.#context.seal(plaintext);
      if (sealed instanceof Promise) return this.#sealLater(sealed);
      this.#release();
      return this.#body(sealed);
    } catch (error) {
      this.#release();
      throw busErrorOf(error);
    }
  }

  release(): void {
    this.#release();
  }

  async #sealLater(sealing: Promise<Buffer>): Promise<Buffer> {
    try {
      return this.#body(await sealing);
    } catch (error) {
      throw busErrorOf(error);
    } finally {
      this.#release();
    }
  }

  #body(sealed: Buffer): Buffer {
    return this.#context.style.sealed(this.#context.contextId, sealed);
  }
}

/**
 * What names a sealed message. Few messages are asked for it. It must be made before a rotated one is opened, since
 * MIT's library rotates it back in place; any other one is left as it is.
 */
export class SealedName {
  readonly #sealed: Buffer;
  #value: string | null;

  constructor(sealed: Buffer) {
    this.#sealed = sealed;
    this.#value = isRotated(sealed) ? sealedDigest(sealed) : null;
  }

  get value(): string {
    return (this.#value ??= sealedDigest(this.#sealed));
  }
}
