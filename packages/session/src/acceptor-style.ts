import type { ContextFlag } from '@arpa2amqp/gssapi';
import type { Envelope, PeerStyle } from './opened.js';
import type { Refusal } from './refusal.js';

/** A message taken apart, before anything of it is authenticated. */
export interface Incoming {
  /** Finds the context in the table; keys of different styles never meet. */
  readonly key: string;
  readonly contextId: string;
  readonly token: Buffer | null;
  /** The sealed message; null for a message that only sets up its context. */
  readonly payload: Buffer | null;
}

/** What differs between peers that speak in frames and raw peers. */
export interface AcceptorStyle {
  readonly name: PeerStyle;
  /** The flags whose absence makes a context too weak. */
  missing(flags: ReadonlySet<ContextFlag>): ContextFlag[];
  /** Tells by the first bytes whether a body is of this style. */
  claims(body: Buffer): boolean;
  /**
   * Takes a message apart.
   *
   * @throws BusError or Refusal with a reason of an error frame
   */
  read(body: Buffer, envelope: Envelope): Incoming;
  /** The body that answers a token. */
  leg(contextId: string, token: Buffer): Buffer;
  /** The body that carries a sealed answer. */
  sealed(contextId: string, payload: Buffer): Buffer;
  /** The body that hints why a message was refused; null for none. */
  refused(refusal: Refusal, contextId: string): Buffer | null;
}
