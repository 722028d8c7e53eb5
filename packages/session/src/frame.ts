import { BusError, encodeErrorFrame, type FrameErrorReason } from '@arpa2amqp/protocol';

/*
 * The GSS frame (protocol.md, section 3). Nothing in it is authenticated but the payload: the context id only finds
 * a context, and what it finds must then open the payload.
 */

const MAGIC = 0xa2;
const VERSION = 0x01;
const HEADER_BYTES = 24;
const CONTEXT_ID_OFFSET = 4;
const CONTEXT_ID_BYTES = 16;
const TOKEN_LENGTH_OFFSET = 20;
/** Kerberos tokens with large authorization data stay below 64 KiB. More would only be work for the mechanism. */
const MAX_TOKEN_BYTES = 65_536;

const KINDS = { payload: 0x01, context: 0x02, error: 0x7f } as const;
const CONTEXT_ID = /^[0-9a-f]{32}$/;
const EMPTY = Buffer.alloc(0);

/** What a frame is for: a sealed message, context set-up only, or an error hint that is not authenticated. */
export type FrameKind = keyof typeof KINDS;

/** A decoded frame. Its buffers are slices of the body. */
export interface Frame {
  readonly kind: FrameKind;
  /** 16 bytes as 32 lower-case hexadecimal digits. */
  readonly contextId: string;
  /** A context token, or empty. */
  readonly token: Buffer;
  /** A sealed message, the body of an error frame, or empty. */
  readonly payload: Buffer;
}

/** The context id of error frames that answer what could not be read. */
export const NO_CONTEXT = '0'.repeat(2 * CONTEXT_ID_BYTES);

/**
 * Encodes a frame.
 *
 * @throws RangeError when the context id is not 32 hexadecimal digits
 */
export function encodeFrame(frame: Pick<Frame, 'kind' | 'contextId'> & Partial<Frame>): Buffer {
  const { kind, contextId, token = EMPTY, payload = EMPTY } = frame;
  if (!CONTEXT_ID.test(contextId)) throw new RangeError('Context id must be 32 lower-case hexadecimal digits');
  const body = Buffer.allocUnsafe(HEADER_BYTES + token.length + payload.length);
  body[0] = MAGIC;
  body[1] = VERSION;
  body[2] = KINDS[kind];
  body[3] = 0;
  body.write(contextId, CONTEXT_ID_OFFSET, 'hex');
  body.writeUInt32BE(token.length, TOKEN_LENGTH_OFFSET);
  token.copy(body, HEADER_BYTES);
  payload.copy(body, HEADER_BYTES + token.length);
  return body;
}

/**
 * Decodes a frame.
 *
 * @throws BusError `bad-frame`, or `unsupported-version` for a frame of another version
 */
export function decodeFrame(body: Buffer): Frame {
  if (body[0] !== MAGIC || body.length < 2) throw bad('it does not begin with a header');
  if (body[1] !== VERSION) {
    throw new BusError('unsupported-version', `Cannot read a frame of version ${body[1] ?? 0}, only of ${VERSION}`);
  }
  if (body.length < HEADER_BYTES) throw bad('its header is cut short');
  const kind = kindOf(body[2]);
  if (body[3] !== 0) throw bad('its reserved byte is not 0');
  const tokenEnd = HEADER_BYTES + body.readUInt32BE(TOKEN_LENGTH_OFFSET);
  if (tokenEnd > body.length) throw bad('its token is longer than the body');
  if (tokenEnd > HEADER_BYTES + MAX_TOKEN_BYTES) throw bad(`its token is longer than ${MAX_TOKEN_BYTES} bytes`);
  const token = body.subarray(HEADER_BYTES, tokenEnd);
  const payload = body.subarray(tokenEnd);
  if (kind === 'context' ? payload.length > 0 : payload.length === 0) throw bad('its payload does not fit its kind');
  if (kind === 'error' && token.length > 0) throw bad('an error frame holds no token');
  const contextId = body.toString('hex', CONTEXT_ID_OFFSET, CONTEXT_ID_OFFSET + CONTEXT_ID_BYTES);
  return { kind, contextId, token, payload };
}

/** Tells whether a body announces itself as a frame, of whatever version. */
export function isFrame(body: Buffer): boolean {
  return body[0] === MAGIC;
}

/**
 * Makes an error frame: a hint to the peer, not authenticated.
 *
 * @param reason - what the peer may know
 * @param contextId - of the message that is refused; unless told, of none
 */
export function errorFrame(reason: FrameErrorReason, contextId: string = NO_CONTEXT): Buffer {
  return encodeFrame({ kind: 'error', contextId, payload: encodeErrorFrame(reason) });
}

function kindOf(code: number | undefined): FrameKind {
  if (code === KINDS.payload) return 'payload';
  if (code === KINDS.context) return 'context';
  if (code === KINDS.error) return 'error';
  throw bad('its kind is not known');
}

function bad(why: string): BusError {
  return new BusError('bad-frame', `Cannot read the frame: ${why}`);
}
