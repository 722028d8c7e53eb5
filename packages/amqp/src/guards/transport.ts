import { readAcceptance, readTransfer } from '../frames.js';
import type { RheaConnection } from '../rhea.js';

/**
 * Has the frames of every message read by ourselves; all others, and unusual ones, are left to rhea. The wire hands over
 * whole frames only.
 *
 * Is to be called when rhea has made the transport it will use.
 */
export function guardTransport(connection: RheaConnection): void {
  const transport = connection.amqp_transport;
  const read = transport.read.bind(transport);
  transport.read = (bytes) => {
    if (!transport.header_received) return read(bytes);
    let start = 0;
    while (start < bytes.length) {
      const end = start + bytes.readUInt32BE(start);
      if (!takeFrame(connection, bytes, start, end)) read(bytes.subarray(start, end));
      start = end;
    }
    return start;
  };
}

function takeFrame(connection: RheaConnection, bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 12) return false;
  const guard = connection.remote_channel_map[bytes.readUInt16BE(start + 6)]?.arpa2;
  if (guard === undefined) return false;
  const transfer = readTransfer(bytes, start, end);
  if (transfer !== null) {
    guard.onTransfer(transfer);
    return true;
  }
  const acceptance = readAcceptance(bytes, start, end);
  if (acceptance === null) return false;
  guard.onAcceptance(acceptance);
  return true;
}
