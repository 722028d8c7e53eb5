import { isFrameErrorReason, type FrameErrorReason } from './error-catalogue.js';

/** Encodes the body of an error frame (protocol.md, section 3). */
export function encodeErrorFrame(reason: FrameErrorReason): Buffer {
  return Buffer.from(JSON.stringify({ error: reason }), 'utf8');
}

/** Reads the body of an error frame; null when it is not one. What it says is not authenticated. */
export function decodeErrorFrame(body: Uint8Array): FrameErrorReason | null {
  if (body.byteLength > 256) return null;
  try {
    const { error } = JSON.parse(Buffer.from(body).toString('utf8')) as { error?: unknown };
    return typeof error === 'string' && isFrameErrorReason(error) ? error : null;
  } catch {
    return null;
  }
}
