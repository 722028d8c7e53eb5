import { setTimeout as sleep } from 'node:timers/promises';
import { quoted } from '@arpa2amqp/protocol';
import { ControlFormatError } from './control-codec.js';
import { ControlConversation } from './control-connection.js';
import { Deadline } from './deadline.js';
import { KnotError, refusal } from './knot-error.js';
import { failureOf, Transaction } from './transaction.js';
import { Turnstile } from './turnstile.js';
import { type DnsRecord, readRecords, ZoneEditor } from './zone-editor.js';

// Order of locks, against deadlocks with others who keep it too: configuration first, then zones by lower-case name.
// Every operation has a conversation of its own with a deadline that starts when its turn has come.

/** Where Knot is and how patient to be. */
export interface KnotOptions {
  /** Absolute path of knotd's control socket. */
  readonly socket: string;
  /** Deadline of one conversation in milliseconds. */
  readonly timeoutMs: number;
}

/** Pause before another try at a lock that somebody else holds. */
const RETRY_MS = 50;

/** A Knot DNS server, spoken to over its control socket. Holds nothing between operations. */
export class Knot {
  readonly #options: KnotOptions;
  readonly #turnstile = new Turnstile();

  constructor(options: KnotOptions) {
    this.#options = options;
  }

  /** Names of all configured zones, absolute, in order. */
  async listZones(signal: AbortSignal): Promise<readonly string[]> {
    return await this.#transact(signal, async (transaction) => {
      const units = await transaction.demand('Listing the zones', {
        cmd: 'conf-read',
        section: 'zone',
        item: 'domain',
      });
      return units.flatMap((unit) => (unit.data === undefined ? [] : [unit.data])).sort();
    });
  }

  /**
   * The records that a zone serves now, all, of one owner, or of one owner and type.
   * @throws KnotError `refused` when there is no such zone
   */
  async readRecords(
    zone: string,
    filter: { readonly owner?: string; readonly type?: string },
    signal: AbortSignal,
  ): Promise<readonly DnsRecord[]> {
    return await this.#transact(signal, async (transaction) => {
      const units = await transaction.ask({ cmd: 'zone-read', zone, ...filter });
      return readRecords(`Reading zone ${quoted(zone)}`, units);
    });
  }

  /**
   * Changes zones in one go: all are locked before the first is changed, and changed before the first is committed.
   * @param zones - absolute names
   * @param edit - makes the changes; gets an editor by the name of its zone
   * @throws KnotError; what edit throws
   */
  async changeZones<T>(
    zones: readonly string[],
    signal: AbortSignal,
    edit: (editorOf: (zone: string) => ZoneEditor) => Promise<T>,
  ): Promise<T> {
    const ordered = [...new Set(zones.map((zone) => zone.toLowerCase()))].sort();
    return await this.#transact(signal, async (transaction) => {
      for (const zone of ordered) await transaction.begin({ zone });
      const result = await edit((zone) => new ZoneEditor(transaction, zone.toLowerCase()));
      for (const zone of ordered) await transaction.commit({ zone });
      return result;
    });
  }

  /** As {@link Knot.changeZones} for one zone. */
  async changeZone<T>(zone: string, signal: AbortSignal, edit: (editor: ZoneEditor) => Promise<T>): Promise<T> {
    return await this.changeZones([zone], signal, async (editorOf) => await edit(editorOf(zone)));
  }

  /**
   * Configures a zone and gives it its first records; on any failure the zone is taken out again.
   * @throws KnotError `refused` when the zone is there already, or the server still has data of it
   */
  async addZone(zone: string, records: readonly DnsRecord[], signal: AbortSignal): Promise<void> {
    await this.#transact(signal, async (transaction) => {
      const status = failureOf(await transaction.ask({ cmd: 'zone-status', zone }));
      if (status === undefined) {
        throw new KnotError('refused', `Adding zone ${quoted(zone)} failed: it exists already`);
      }
      if (status !== 'no such zone found') throw refusal(`Adding zone ${quoted(zone)}`, status);
      await transaction.begin('conf');
      await transaction.demand(`Configuring zone ${quoted(zone)}`, {
        cmd: 'conf-set',
        section: 'zone',
        item: 'domain',
        data: zone,
      });
      await transaction.commit('conf', async (ask) => {
        for (const cmd of ['conf-begin', 'conf-unset', 'conf-commit']) {
          const units = await ask(cmd === 'conf-unset' ? { cmd, section: 'zone', item: 'domain', id: zone } : { cmd });
          const failure = failureOf(units);
          if (failure !== undefined) throw refusal(`Taking out zone ${quoted(zone)} again`, failure);
        }
      });
      // knotd loads what it has of the zone in the background; only when that is over can be seen whether it is empty.
      await transaction.ask({ cmd: 'zone-reload', zone, flags: 'B' });
      await transaction.begin({ zone });
      const editor = new ZoneEditor(transaction, zone);
      if ((await editor.get()).length > 0) {
        throw new KnotError(
          'refused',
          `Adding zone ${quoted(zone)} failed: the server still has records of it; remove its zone file and journal there`,
        );
      }
      for (const record of records) await editor.set(record);
      await transaction.commit({ zone });
    });
  }

  /**
   * Takes a zone out of the configuration and its records out of the storage, else they would be back when it is added again.
   * @throws KnotError `refused` when it is not configured, `locked` while somebody edits it
   */
  async deleteZone(zone: string, signal: AbortSignal): Promise<void> {
    await this.#transact(signal, async (transaction) => {
      await transaction.begin('conf');
      const units = await transaction.ask({ cmd: 'conf-unset', section: 'zone', item: 'domain', id: zone });
      const failure = failureOf(units);
      if (failure === 'invalid identifier') {
        throw new KnotError('refused', `Deleting zone ${quoted(zone)} failed: no such zone is configured`);
      }
      if (failure !== undefined) throw refusal(`Deleting zone ${quoted(zone)}`, failure);
      await transaction.begin({ zone });
      await transaction.release({ zone });
      // A zone file that is being written in the background would come back after the purge. Refused where nothing is to be written.
      await transaction.ask({ cmd: 'zone-flush', zone, flags: 'B' });
      await transaction.demand(`Purging zone ${quoted(zone)}`, { cmd: 'zone-purge', zone, flags: 'F', filters: PURGE });
      await transaction.commit('conf');
    });
  }

  async #transact<T>(signal: AbortSignal, task: (transaction: Transaction) => Promise<T>): Promise<T> {
    const patienceEnds = performance.now() + this.#options.timeoutMs / 2;
    for (;;) {
      try {
        // The turnstile is passed anew for every try: whoever holds the lock may be waiting behind it.
        return await this.#turnstile.pass(signal, async () => await this.#converse(signal, task));
      } catch (error) {
        const mayTryAgain = error instanceof KnotError && error.reason === 'locked' && performance.now() < patienceEnds;
        if (!mayTryAgain) throw error;
        await sleep(RETRY_MS, undefined, { signal });
      }
    }
  }

  async #converse<T>(outer: AbortSignal, task: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { socket, timeoutMs } = this.#options;
    using deadline = new Deadline(timeoutMs, outer);
    const { signal } = deadline;
    const transaction = new Transaction(await ControlConversation.open(socket, signal), socket, signal);
    try {
      return await task(transaction);
    } catch (error) {
      const problems = await transaction.rollBack();
      const told =
        error instanceof ControlFormatError ? new KnotError('refused', error.message, { cause: error }) : error;
      if (problems.length > 0 && told instanceof KnotError) throw told.extended(problems.join('; '));
      throw told;
    } finally {
      transaction.close();
    }
  }
}

/** Zone file, journal and timers; the keys stay, as they were not made here either. */
const PURGE = 'fjt';
