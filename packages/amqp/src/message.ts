/**
 * A message as this project uses AMQP: header, properties and exactly one `data` section.
 *
 * Ids are strings. An id of a foreign peer that is no string (uuid, ulong, binary) is given a string form that turns
 * back into the very same typed id when the string is sent again.
 */
export interface AmqpMessage {
  readonly messageId?: string;
  readonly correlationId?: string;
  readonly to?: string;
  readonly replyTo?: string;
  readonly subject?: string;
  /** A symbol on the wire. */
  readonly contentType?: string;
  /** Time to live in milliseconds. */
  readonly ttlMs?: number;
  readonly durable?: boolean;
  /** The one data section. A received body shares memory with the read buffer: copy it to keep it for long. */
  readonly body: Buffer;
}

/** What the receiver of a message said about it. */
export type Outcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'rejected'; readonly condition: string; readonly description: string }
  | { readonly kind: 'released' }
  | { readonly kind: 'modified' };

/** Who is at the other end of a connection, as far as the connection proves it. */
export interface Peer {
  /** Unique within this process; for logs. */
  readonly connectionId: string;
  /** The SASL mechanism that was used; `none` where the peer skipped SASL (allowed like ANONYMOUS). */
  readonly mechanism: 'none' | 'ANONYMOUS' | 'PLAIN' | 'EXTERNAL' | 'GSSAPI';
  /** The authenticated name; null for ANONYMOUS and none. */
  readonly identity: string | null;
  /** Numeric address of the other end of the socket. */
  readonly remoteAddress: string;
  /** Whether TLS protects the connection. */
  readonly encrypted: boolean;
}

/** A received message that waits to be settled. The first verb wins; all are harmless once the link is gone. */
export interface Delivery {
  readonly message: AmqpMessage;
  readonly peer: Peer;
  accept(): void;
  /** Refuses the message for good, with an AMQP error condition such as `amqp:unauthorized-access`. */
  reject(condition: string, description: string): void;
  /** Gives the message back untouched. */
  release(): void;
}

/** The sections, constructor codes and descriptor codes of AMQP 1.0 part 3 that this package reads or writes. */
export const SECTION = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  sequence: 0x76,
  value: 0x77,
  footer: 0x78,
} as const;
