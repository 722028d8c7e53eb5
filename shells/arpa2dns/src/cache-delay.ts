import { KnotError } from './knot-error.js';
import type { DnsRecord, ZoneEditor } from './zone-editor.js';
import { quoted } from '@arpa2amqp/protocol';

/** Seconds until every cache knows of a change, as a header of the reply. */
export const CACHE_DELAY_HEADER = 'Cache-Update-Delay';

const MINIMUM_FIELD = 6;

/**
 * How long caches may hold what a change replaces: the present TTL of the record set; where it does not exist yet, how long its absence
 * is remembered (RFC 2308, section 5: the lesser of the TTL and the last field of the SOA record); nothing for SOA, which is asked for afresh.
 * @param current - the record set before the change
 */
export async function cacheDelay(editor: ZoneEditor, type: string, current: readonly DnsRecord[]): Promise<number> {
  if (type === 'SOA') return 0;
  const [record] = current;
  if (record !== undefined) return record.ttl;
  const [soa] = await editor.get(editor.zone, 'SOA');
  const minimum = Number(soa?.data.split(' ')[MINIMUM_FIELD]);
  if (soa === undefined || !Number.isSafeInteger(minimum)) {
    throw new KnotError('refused', `Changing zone ${quoted(editor.zone)} failed: it has no SOA record`);
  }
  return Math.min(soa.ttl, minimum);
}
