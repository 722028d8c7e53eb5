import { randomUUID } from 'node:crypto';
import { Dispatcher, MemoryJournal, openAuthorizer, ShellRegistry } from '@arpa2amqp/dispatcher';
import { BusError, DEFAULT_LIMITS, type Command, type Reply } from '@arpa2amqp/protocol';
import { hostFor, loadShells } from '@arpa2amqp/shell';
import { callerOf } from '../caller.js';
import type { HostLink, LinkRunOptions } from './host-link.js';
import type { TicketDesk } from './ticket-desk.js';

/** What a {@link LocalLink} is made of. */
export interface LocalLinkOptions {
  /** Directories of shells. */
  readonly shells: readonly string[];
  readonly timeoutMs: number;
  readonly tickets: TicketDesk;
}

/**
 * The shells of this machine, with the rights of this process and no daemon. Who the caller is follows from the ticket, but
 * proves nothing: nobody asks the KDC. The shells are started by the first command.
 */
export class LocalLink implements HostLink {
  readonly knowsCaller = false;
  readonly #options: LocalLinkOptions;
  #starting: Promise<ShellRegistry> | null = null;
  #dispatcher: Dispatcher | null = null;
  #isClosed = false;

  constructor(options: LocalLinkOptions) {
    this.#options = options;
  }

  async run(commands: readonly Command[], { signal }: LinkRunOptions = {}): Promise<readonly Reply[]> {
    if (this.#isClosed) throw new BusError('closed', 'The local shells have ended');
    const caller = callerOf(await this.#options.tickets.look());
    const shells = await (this.#starting ??= this.#start());
    this.#dispatcher ??= new Dispatcher({
      shells,
      authorizer: openAuthorizer,
      journal: new MemoryJournal(),
      limits: DEFAULT_LIMITS,
    });
    const nowMs = Date.now();
    const batch = {
      id: randomUUID(),
      to: null,
      replyTo: null,
      issuedMs: nowMs,
      expiresMs: nowMs + this.#options.timeoutMs,
      isAtomic: false,
      confirmSeconds: 0,
      isDryRun: false,
      commands,
    };
    return await this.#dispatcher.run(batch, caller, signal);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await (await this.#starting?.catch(() => null))?.close();
  }

  destroy(): void {
    this.#isClosed = true;
    this.#starting?.then(
      (shells) => shells.destroy(),
      () => undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #start(): Promise<ShellRegistry> {
    const registry = new ShellRegistry();
    try {
      for (const manifest of await loadShells(this.#options.shells)) registry.add(await hostFor(manifest));
      return registry;
    } catch (error) {
      this.#starting = null;
      registry.destroy();
      throw error;
    }
  }
}
