import { quoted } from '@arpa2amqp/protocol';
import type { ControlFields } from './control-codec.js';
import { KnotError, refusal } from './knot-error.js';
import { failureOf, type Transaction } from './transaction.js';

/** One record in presentation form; the owner is absolute, with its last dot. */
export interface DnsRecord {
  readonly owner: string;
  /** Time to live in seconds. */
  readonly ttl: number;
  readonly type: string;
  readonly data: string;
}

/** The records of one zone inside a transaction, as they will be after its commit. */
export class ZoneEditor {
  readonly #transaction: Transaction;
  /** Absolute name of the zone. */
  readonly zone: string;

  constructor(transaction: Transaction, zone: string) {
    this.#transaction = transaction;
    this.zone = zone;
  }

  /** All records, those of one owner, or of one owner and type; empty when there are none. */
  async get(owner?: string, type?: string): Promise<readonly DnsRecord[]> {
    const units = await this.#transaction.ask({
      cmd: 'zone-get',
      zone: this.zone,
      ...(owner === undefined ? {} : { owner }),
      ...(type === undefined ? {} : { type }),
    });
    return readRecords(`Reading zone ${quoted(this.zone)}`, units);
  }

  /** Adds one record. @throws KnotError `refused` when it is there already or its data is wrong */
  async set(record: DnsRecord): Promise<void> {
    const action = `Adding ${describe(record)}`;
    const { owner, ttl, type, data } = record;
    const failure = failureOf(
      await this.#transaction.ask({ cmd: 'zone-set', zone: this.zone, owner, ttl: String(ttl), type, data }),
    );
    if (failure === undefined) return;
    if (failure === 'such record already exists in zone') {
      throw new KnotError('refused', `${action} failed: the zone has this record already`, { knotSays: failure });
    }
    if (failure === 'parser failed') {
      throw new KnotError('refused', `${action} failed: its data is not that of a ${type} record`, {
        knotSays: failure,
      });
    }
    throw refusal(action, failure);
  }

  /** Removes one record with exactly this data. @throws KnotError `refused` when it is not there */
  async unset(record: Omit<DnsRecord, 'ttl'>): Promise<void> {
    const action = `Deleting ${describe(record)}`;
    const { owner, type, data } = record;
    const failure = failureOf(await this.#transaction.ask({ cmd: 'zone-unset', zone: this.zone, owner, type, data }));
    if (failure === undefined) return;
    if (failure === 'no such record in zone found' || failure === 'no such node in zone found') {
      throw new KnotError('refused', `${action} failed: the zone has no such record`, { knotSays: failure });
    }
    if (failure === 'parser failed') {
      throw new KnotError('refused', `${action} failed: its data is not that of a ${type} record`, {
        knotSays: failure,
      });
    }
    throw refusal(action, failure);
  }
}

/** The records in an answer; an owner without records is not an error. @throws KnotError `refused` for another failure */
export function readRecords(action: string, units: readonly ControlFields[]): readonly DnsRecord[] {
  const failure = failureOf(units);
  if (failure === 'no such node in zone found') return [];
  if (failure === 'no such zone found') throw new KnotError('refused', `${action} failed: there is no such zone`);
  if (failure !== undefined) throw refusal(action, failure);
  return units.flatMap(({ owner, ttl, type, data }) => {
    if (owner === undefined || type === undefined || data === undefined) return [];
    return [{ owner, ttl: Number.parseInt(ttl ?? '0', 10), type, data }];
  });
}

function describe({ owner, type }: { owner: string; type: string }): string {
  return `a ${type} record of ${quoted(owner)}`;
}
