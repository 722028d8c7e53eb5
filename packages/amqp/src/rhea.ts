/**
 * The parts of rhea 3.0.5 that this package stands on, as types. rhea's own typings leave out most of them. The version
 * is pinned exactly: a new one is taken only after reading these members again.
 */
import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import rhea from 'rhea';
import type { Acceptance, Transfer } from './frames.js';
import type { Outcome } from './message.js';

/** A decoded value. `value` of a list holds typed values again. */
export interface RheaTyped {
  readonly value: unknown;
  readonly descriptor?: RheaTyped;
}

/** A performative: its fields in the order of the specification, absent or null where not sent. */
export interface RheaPerformative {
  readonly value: (RheaTyped | null | undefined)[];
}

export interface RheaFrame {
  readonly channel: number;
  readonly performative: RheaPerformative;
  readonly payload?: Buffer;
}

export interface RheaState {
  local_open: boolean;
  remote_open: boolean;
  is_open(): boolean;
}

/** rhea's book-keeping of one delivery, incoming or outgoing. */
export interface RheaDelivery {
  readonly id: number;
  readonly link: RheaLink;
  settled: boolean;
  state: unknown;
  remote_settled: boolean;
  remote_state: unknown;
}

/** The ring of rhea, which `guards/delivery-table.ts` replaces. */
export interface RheaDeliveries<T extends RheaDelivery = RheaDelivery> {
  readonly size: number;
  available(): number;
  push(delivery: T): void;
  pop_if(test: (delivery: T) => boolean): number;
  by_id(id: number): T | undefined;
}

export interface RheaOutgoing {
  deliveries: RheaDeliveries;
  next_delivery_id: number;
  next_pending_delivery: number;
  next_transfer_id: number;
  remote_next_transfer_id: number | undefined;
  remote_window: number | undefined;
  update(delivery: RheaDelivery, settled: boolean, state?: unknown): void;
}

export interface RheaIncoming {
  deliveries: Pick<RheaDeliveries<never>, 'size' | 'available'>;
  updated: RheaDelivery[];
  next_transfer_id: number;
  next_delivery_id: number | undefined;
  remote_window: number | undefined;
  update(delivery: RheaDelivery, settled: boolean, state?: unknown): void;
  process(session: RheaSession): void;
}

export interface RheaTerminus {
  readonly address?: string | null;
  readonly dynamic?: boolean | null;
  readonly value?: unknown;
}

/** A terminus the peer sent; null where it sent null, which means no. rhea gives a typed null then. */
export function terminusOf(terminus: RheaTerminus | null | undefined): RheaTerminus | null {
  return terminus === null || terminus === undefined || terminus.value === null ? null : terminus;
}

export interface RheaLink {
  name: string;
  readonly session: RheaSession;
  readonly connection: RheaConnection;
  readonly state: RheaState;
  readonly local: { handle: number; attach: { snd_settle_mode?: number; max_message_size?: number | undefined } };
  readonly remote: { handle: number | undefined };
  /** Read it by {@link terminusOf}: a null terminus is no null here. */
  readonly source: RheaTerminus | null | undefined;
  readonly target: RheaTerminus | null | undefined;
  readonly snd_settle_mode: number | null | undefined;
  readonly max_message_size: number | Buffer | null | undefined;
  readonly error: unknown;
  delivery_count: number;
  credit: number;
  issue_flow: boolean;
  _draining?: boolean;
  /** Our own end of the link, see `guards/session.ts`. */
  arpa2?: LinkEnd;
  is_receiver(): boolean;
  is_open(): boolean;
  set_source(fields: object): void;
  set_target(fields: object): void;
  set_drained(drained: boolean): void;
  send(bytes: Buffer, tag: Buffer, format: number): RheaDelivery;
  close(error?: { condition: string; description: string }): void;
  on_attach(frame: RheaFrame): void;
}

/** What a link of rhea reports to, in place of rhea's events. None of these may throw. */
export interface LinkEnd {
  /** A receiver: a whole message came in. */
  onMessage?(delivery: RheaDelivery, bytes: Buffer): void;
  /** A receiver: a message larger than allowed came in; its bytes were dropped. */
  onOversize?(delivery: RheaDelivery): void;
  /** A receiver: the peer gave a message up half-way. */
  onAborted?(): void;
  /** A sender: the peer settled a message; null without an outcome that we know. */
  onOutcome?(delivery: RheaDelivery, outcome: Outcome | null): void;
  /** A sender: there may be credit or room. */
  onCredit?(): void;
  /** The peer answered our attach, or detached; `error` where it gave one. */
  onRemoteOpen?(): void;
  onRemoteClose?(error: unknown): void;
}

/** Takes the frames of a session that do not go through rhea, see `guards/transport.ts`. */
export interface SessionEnd {
  onTransfer(transfer: Transfer): void;
  onAcceptance(acceptance: Acceptance): void;
}

export interface RheaSession {
  readonly connection: RheaConnection;
  readonly state: RheaState;
  readonly local: { channel: number; handles: Record<number, RheaLink>; begin: { handle_max?: number } };
  readonly remote: { handles: Record<number, RheaLink | undefined> };
  readonly error: unknown;
  links: Record<string, RheaLink>;
  /** What takes the frames that we read ourselves. */
  arpa2?: SessionEnd;
  readonly outgoing: RheaOutgoing;
  readonly incoming: RheaIncoming;
  begin(): void;
  close(error?: { condition: string; description: string }): void;
  attach_sender(options: object): RheaLink;
  attach_receiver(options: object): RheaLink;
  create_sender(name: string): RheaLink;
  create_receiver(name: string): RheaLink;
  _write_flow(link?: RheaLink): void;
  on_attach(frame: RheaFrame): void;
  on_flow(frame: RheaFrame): void;
  on_transfer(frame: RheaFrame): void;
  on_disposition(frame: RheaFrame): void;
}

export interface RheaConnection extends EventEmitter {
  readonly state: RheaState;
  readonly local_channel_map: Record<number, RheaSession>;
  readonly remote_channel_map: Record<number, RheaSession | undefined>;
  readonly remote: { open?: RheaPerformative };
  readonly container_id: string | undefined;
  readonly max_frame_size: number | undefined;
  readonly properties: Record<string, unknown> | undefined;
  readonly offered_capabilities: unknown;
  readonly error: unknown;
  readonly amqp_transport: { readonly header_received: unknown; read(bytes: Buffer): number };
  create_session(size?: number): RheaSession;
  on_open(frame: RheaFrame): void;
  on_begin(frame: RheaFrame): void;
  accept(wire: unknown): void;
  connect(): void;
  close(error?: { condition: string; description: string }): void;
  is_open(): boolean;
  _register(): void;
}

/** The decoder that `guards/decoder.ts` makes safe. */
export interface RheaReader {
  readonly buffer: Buffer;
  position: number;
  depth?: number;
  read(): RheaTyped;
  read_uint(width: number): number;
  read_bytes(size: number): Buffer;
  remaining(): number;
  read_n(count: number): RheaTyped[];
  read_array_items(count: number, type: RheaType): unknown[];
  read_constructor(): { typecode: number; descriptor?: RheaTyped };
}

export interface RheaType {
  readonly width: number;
  create(value: unknown, code?: number, descriptor?: RheaTyped): RheaTyped;
}

interface RheaWriter {
  write(value: unknown): void;
  toBuffer(): Buffer;
}

export interface RheaTypes {
  readonly Reader: { new (bytes: Buffer): RheaReader; readonly prototype: object };
  readonly Writer: new () => RheaWriter;
  readonly by_code: Readonly<Record<number, RheaType | undefined>>;
  described(descriptor: RheaTyped, value: RheaTyped): RheaTyped;
  wrap_ulong(value: number): RheaTyped;
  wrap_ubyte(value: number): RheaTyped;
  wrap_symbol(value: string): RheaTyped;
  wrap_string(value: string): RheaTyped;
  wrap_binary(value: Buffer): RheaTyped;
  wrap_array(values: readonly string[], code: number): RheaTyped;
  readonly List32: (items: readonly unknown[]) => RheaTyped;
  readonly Null: () => RheaTyped;
}

interface RheaContainer extends EventEmitter {
  create_connection(options: object): RheaConnection;
}

interface RheaMessages {
  accepted(): { described(): unknown };
  released(): { described(): unknown };
  rejected(fields: { error: { condition: string; description: string } }): { described(): unknown };
}

// The one place where rhea's own typings are set aside.
const whole = rhea as unknown as {
  types: RheaTypes;
  message: RheaMessages;
  create_container(options: object): RheaContainer;
};

export const types: RheaTypes = whole.types;
export const messages: RheaMessages = whole.message;

/** A container of our own, so that nothing that others do with rhea's global one can reach us. */
export const container: RheaContainer = whole.create_container({ id: `arpa2amqp-${randomUUID()}` });
