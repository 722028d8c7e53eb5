import { quoted } from '@arpa2amqp/protocol';
import { ControlConversation } from './control-connection.js';
import type { ControlFields, ControlRequest } from './control-codec.js';
import { refusal } from './knot-error.js';
import { failureOf } from './transaction.js';
import { Turnstile } from './turnstile.js';
import { readRecords, type DnsRecord } from './zone-editor.js';

/**
 * What a Knot DNS server has, for completion: one question a conversation, no patience. Hazard: knotd serves one conversation at a
 * time, so who does not wait for a long answer must hang up on it, else knotd goes on writing it and keeps everybody waiting.
 */
export class KnotView {
  readonly #socket: string;
  readonly #turnstile = new Turnstile();

  /** @param socket - absolute path of knotd's control socket */
  constructor(socket: string) {
    this.#socket = socket;
  }

  /** Names of all configured zones, absolute. @throws KnotError; the signal's reason */
  async zones(signal: AbortSignal): Promise<readonly string[]> {
    const units = await this.#ask({ cmd: 'conf-read', section: 'zone', item: 'domain' }, signal);
    const failure = failureOf(units);
    if (failure !== undefined) throw refusal('Listing the zones', failure);
    return units.flatMap(({ data }) => data ?? []);
  }

  /** The records that a zone serves now, all or those of one owner. @throws KnotError; the signal's reason */
  async records(zone: string, signal: AbortSignal, owner?: string): Promise<readonly DnsRecord[]> {
    const units = await this.#ask({ cmd: 'zone-read', zone, ...(owner === undefined ? {} : { owner }) }, signal);
    return readRecords(`Reading zone ${quoted(zone)}`, units);
  }

  async #ask(request: ControlRequest, signal: AbortSignal): Promise<readonly ControlFields[]> {
    return await this.#turnstile.pass(signal, async () => {
      const conversation = await ControlConversation.open(this.#socket, signal);
      try {
        const units = await conversation.ask(request, signal);
        conversation.close();
        return units;
      } catch (error) {
        conversation.destroy();
        throw error;
      }
    });
  }
}
