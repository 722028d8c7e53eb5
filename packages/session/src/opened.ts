import type { FrameErrorReason } from '@arpa2amqp/protocol';

/** The properties of an AMQP message that help to find a context. None is authenticated. */
export interface Envelope {
  readonly messageId?: string;
  readonly correlationId?: string;
  readonly replyTo?: string;
}

/** How a peer carries its contexts: in frames, or bare as the original arpa2shell does. */
export type PeerStyle = 'framed' | 'raw';

/** A message that was authenticated and decrypted. */
export interface OpenedPayload {
  readonly kind: 'payload';
  readonly style: PeerStyle;
  readonly plaintext: Buffer;
  /** The Kerberos principal of the sender, as the context proves it. */
  readonly principal: string;
  /** End of the sender's ticket, Infinity for none. */
  readonly expiresAtMs: number;
  /** Names the context, for logs and error frames; 32 hexadecimal digits. */
  readonly contextId: string;
  /**
   * Hex SHA-256 of the sealed message. It is the same for every delivery of the message, whatever the network does to
   * the parts that are not authenticated, and so names a bare array of commands.
   */
  readonly digest: string;
  /**
   * Seals the answer: makes the body of the message that carries it. Releases the context. A promise only when the
   * context is busy or the answer long.
   *
   * @throws BusError `security-failed` when the context was given up meanwhile
   */
  seal(plaintext: Buffer): Buffer | Promise<Buffer>;
  /**
   * Tells that no answer will be sealed: the context may be given up to make room. Idempotent. A context that is
   * neither answered nor released stays busy for as long as a batch may live.
   */
  release(): void;
}

/** A token of a context that is being set up; the answer is to be sent back as it is, and nothing is to be run. */
export interface OpenedLeg {
  readonly kind: 'leg';
  readonly style: PeerStyle;
  readonly answer: Buffer;
}

/** A message that is not to be run. */
export interface Refused {
  readonly kind: 'refused';
  readonly style: PeerStyle;
  readonly reason: FrameErrorReason;
  /** The body of the hint for the peer; null when the peer must get none. */
  readonly answer: Buffer | null;
  /** For the log only, without payload. */
  readonly detail: string;
}

/** What became of a message at the table of contexts. */
export type Opened = OpenedPayload | OpenedLeg | Refused;
