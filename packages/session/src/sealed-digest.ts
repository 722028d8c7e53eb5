import { hash } from 'node:crypto';

const HEADER_BYTES = 16;
const ROTATION_OFFSET = 6;

/**
 * Names a sealed message by the bytes that are authenticated: hex SHA-256 of its wrap token.
 *
 * The right rotation count of a Kerberos wrap token (RFC 4121, section 4.2.5) is not authenticated: the network can
 * rotate a token, and it opens all the same. The digest is that of the token rotated back.
 */
export function sealedDigest(token: Buffer): string {
  const rotated = isWrapToken(token) ? token.length - HEADER_BYTES : 0;
  const rotation = rotated > 0 ? token.readUInt16BE(ROTATION_OFFSET) : 0;
  if (rotation === 0) return hash('sha256', token, 'hex');
  const header = Buffer.from(token.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(0, ROTATION_OFFSET);
  const body = token.subarray(HEADER_BYTES);
  const start = rotation % rotated;
  return hash('sha256', Buffer.concat([header, body.subarray(start), body.subarray(0, start)]), 'hex');
}

/** Tells whether the network, or the sender, has rotated a wrap token. */
export function isRotated(token: Buffer): boolean {
  return isWrapToken(token) && token.length > HEADER_BYTES && token.readUInt16BE(ROTATION_OFFSET) !== 0;
}

/** Tells whether bytes begin as a Kerberos wrap token does (RFC 4121, section 4.2.6.2). */
export function isWrapToken(bytes: Buffer): boolean {
  return bytes[0] === 0x05 && bytes[1] === 0x04;
}
