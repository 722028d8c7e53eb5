import type { Call } from '@arpa2amqp/shell';
import { CACHE_DELAY_HEADER } from './cache-delay.js';
import type { DnsSession } from './dns-session.js';
import type { Knot } from './knot.js';
import { addRecord, deleteRecord, type RecordChange } from './record-change.js';

/** Adds or deletes a record, as the word `add` or `del` of the command says, and reports the cache delay. */
export async function changeRecord(
  knot: Knot,
  call: Call<DnsSession>,
  zone: string,
  change: RecordChange,
): Promise<void> {
  const run = call.has('add') ? addRecord : deleteRecord;
  call.header(CACHE_DELAY_HEADER, String(await run(knot, zone, change, call.signal)));
}
