/**
 * Message ids of AMQP are string, uuid, ulong or binary. Inside this project an id is a string, and a reply must carry
 * the very id of the request back. So ids that are no strings, and strings that look like our forms, get a prefix.
 */
const UUID = 'AMQP_UUID:';
const ULONG = 'AMQP_ULONG:';
const BINARY = 'AMQP_BINARY:';
const STRING = 'AMQP_STRING:';
const MARK = 'AMQP_';

/** An id as it stands on the wire. */
export type WireId =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'uuid'; readonly value: Buffer }
  | { readonly type: 'ulong'; readonly value: bigint }
  | { readonly type: 'binary'; readonly value: Buffer };

/** The string form of a string id. */
export function idFromString(value: string): string {
  return value.startsWith(MARK) ? STRING + value : value;
}

/** The string form of a uuid id (16 bytes). */
export function idFromUuid(value: Buffer): string {
  return UUID + value.toString('hex');
}

/** The string form of an unsigned 64-bit id. */
export function idFromUlong(value: bigint): string {
  return ULONG + value.toString();
}

/** The string form of a binary id. */
export function idFromBinary(value: Buffer): string {
  return BINARY + value.toString('hex');
}

/** What goes on the wire for a string form. A string that only looks like one of our forms is sent as it is. */
export function wireId(id: string): WireId {
  if (!id.startsWith(MARK)) return { type: 'string', value: id };
  if (id.startsWith(STRING)) return { type: 'string', value: id.slice(STRING.length) };
  if (/^AMQP_UUID:[0-9a-f]{32}$/.test(id)) return { type: 'uuid', value: Buffer.from(id.slice(UUID.length), 'hex') };
  if (/^AMQP_BINARY:(?:[0-9a-f]{2})*$/.test(id)) {
    return { type: 'binary', value: Buffer.from(id.slice(BINARY.length), 'hex') };
  }
  if (/^AMQP_ULONG:(?:0|[1-9][0-9]{0,19})$/.test(id)) {
    const value = BigInt(id.slice(ULONG.length));
    if (value < 1n << 64n) return { type: 'ulong', value };
  }
  return { type: 'string', value: id };
}
