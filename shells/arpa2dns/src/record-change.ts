import { quoted } from '@arpa2amqp/protocol';
import { cacheDelay } from './cache-delay.js';
import type { Knot } from './knot.js';
import { refused } from './refusal.js';
import type { DnsRecord, ZoneEditor } from './zone-editor.js';

/** TTL in seconds of a record set that is new, when none is given. */
export const DEFAULT_TTL = 3600;

/** A record to add or delete; without a TTL it gets that of its record set. */
export interface RecordChange {
  readonly owner: string;
  readonly type: string;
  readonly data: string;
  readonly ttl?: number;
}

/**
 * Adds one record to a zone. A given TTL becomes that of the whole record set (RFC 2181, section 5.2: a set has one), where Knot would
 * keep the old one without a word.
 * @returns the cache delay in seconds
 */
export async function addRecord(knot: Knot, zone: string, change: RecordChange, signal: AbortSignal): Promise<number> {
  const { owner, type, data } = change;
  if (type === 'SOA' && owner !== zone)
    throw refused(`A SOA record is at the zone ${quoted(zone)} itself, not below it`);
  return await knot.changeZone(zone, signal, async (editor) => {
    const current = await editor.get(owner, type);
    const delay = await cacheDelay(editor, type, current);
    const ttl = change.ttl ?? current[0]?.ttl ?? DEFAULT_TTL;
    // Knot replaces a SOA record by itself, there is only one.
    if (type === 'SOA') checkSerial(current[0]?.data, data);
    else await retime(editor, current, ttl);
    await editor.set({ owner, type, data, ttl });
    return delay;
  });
}

/** Deletes one record with exactly this data. @returns the cache delay in seconds */
export async function deleteRecord(
  knot: Knot,
  zone: string,
  change: RecordChange,
  signal: AbortSignal,
): Promise<number> {
  const { owner, type, data } = change;
  // Knot says that it has deleted it, and has not.
  if (type === 'SOA') throw refused('The SOA record cannot be deleted, only replaced by adding another');
  return await knot.changeZone(zone, signal, async (editor) => {
    const current = await editor.get(owner, type);
    const delay = await cacheDelay(editor, type, current);
    await editor.unset({ owner, type, data });
    if (type === 'NS' && owner === zone && current.length === 1) {
      throw refused(`The last NS record of zone ${quoted(zone)} cannot be deleted; add another first`);
    }
    return delay;
  });
}

async function retime(editor: ZoneEditor, current: readonly DnsRecord[], ttl: number): Promise<void> {
  const others = current.filter((record) => record.ttl !== ttl);
  for (const record of others) await editor.unset(record);
  for (const record of others) await editor.set({ ...record, ttl });
}

const SERIAL_FIELD = 2;

/** Knot takes an older serial as well, but secondaries do not, and its journal breaks: later changes cannot be committed. */
function checkSerial(before: string | undefined, after: string): void {
  const [old, fresh] = [before, after].map((soa) => Number(soa?.split(/ +/)[SERIAL_FIELD]));
  if (old === undefined || fresh === undefined || !Number.isInteger(old) || !Number.isInteger(fresh)) return;
  // RFC 1982: newer by less than half the circle.
  const ahead = (fresh - old) >>> 0;
  if (ahead === 0 || ahead >= 2 ** 31) {
    throw refused(`The serial ${fresh} of the SOA record is not newer than ${old}, the one that is served`);
  }
}
