import { access, constants, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { AmqpError, serve, type Service } from '@arpa2amqp/amqp';
import { Dispatcher, MemoryJournal, openAuthorizer, type ShellRegistry } from '@arpa2amqp/dispatcher';
import { BusError } from '@arpa2amqp/protocol';
import { AcceptorTable } from '@arpa2amqp/session';
import type { Logger } from 'pino';
import { BatchWorker } from './batch-worker.js';
import type { Configuration } from './configuration.js';
import { startShells } from './shells.js';
import { transportOf } from './transport.js';

/**
 * The daemon as a whole. It owns the acceptor table, the shells and the transport, and ends them in the order in
 * which a batch goes through them: no more are taken, those at work are answered, then the rest ends.
 */
export class Daemon implements AsyncDisposable {
  readonly #configuration: Configuration;
  readonly #log: Logger;
  readonly #journal = new MemoryJournal();
  readonly #acceptor: AcceptorTable;
  readonly #worker: BatchWorker;
  #shells: ShellRegistry;
  #dispatcher: Dispatcher;
  #service: Service | null = null;
  #closing: Promise<void> | null = null;

  private constructor(configuration: Configuration, log: Logger, acceptor: AcceptorTable, shells: ShellRegistry) {
    this.#configuration = configuration;
    this.#log = log;
    this.#acceptor = acceptor;
    this.#shells = shells;
    this.#dispatcher = this.#makeDispatcher();
    this.#worker = new BatchWorker({
      address: configuration.address.address,
      acceptor,
      dispatcher: () => this.#dispatcher,
      limits: configuration.limits,
      log,
    });
  }

  /**
   * Starts everything; what was started is ended again when a later part cannot start.
   *
   * @throws BusError `config`, `no-ticket` (no usable key) or `cannot-reach`, with what to do
   */
  static async start(configuration: Configuration, log: Logger): Promise<Daemon> {
    refuseClosed(configuration);
    const { service, keytab, limits } = configuration;
    const replayCache = await replayCacheIn(configuration.state);
    const acceptor = await AcceptorTable.create({
      service,
      limits,
      logger: log,
      ...(keytab === undefined ? {} : { keytab }),
      ...(replayCache === undefined ? {} : { replayCache }),
    });
    let shells: ShellRegistry | undefined;
    try {
      shells = await startShells(configuration, log);
      const daemon = new Daemon(configuration, log, acceptor, shells);
      await daemon.#serve();
      return daemon;
    } catch (error) {
      shells?.destroy();
      acceptor.destroy();
      throw error;
    }
  }

  /** Where batches are taken from: the bound URL, with the port that was free, or the broker's. */
  get url(): string {
    return this.#service?.url ?? '';
  }

  /** The names of the shells. */
  get shells(): readonly string[] {
    return this.#shells.names;
  }

  /** Reads the keytab and the shells again. Batches at work end in the shells they began with. */
  async reload(): Promise<void> {
    await this.#acceptor.reload();
    const previous = this.#shells;
    this.#shells = await startShells(this.#configuration, this.#log);
    this.#dispatcher = this.#makeDispatcher();
    this.#log.info({ shells: this.#shells.names }, 'reloaded');
    await previous.close();
  }

  /** Takes no more batches, finishes and answers those at work, and ends. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    this.#service?.drain();
    await this.#worker.drain();
    await this.#service?.close();
    await this.#shells.close();
    await this.#acceptor.close();
  }

  /** Ends now: commands at work are interrupted. */
  destroy(): void {
    this.#worker.interrupt();
    this.#service?.destroy();
    this.#shells.destroy();
    this.#acceptor.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #serve(): Promise<void> {
    const { address, limits } = this.#configuration;
    const at = await transportOf(this.#configuration);
    try {
      this.#service = await serve({
        address: address.address,
        at,
        slots: limits.maxBatches,
        maxMessageBytes: limits.maxMessageBytes,
        onDelivery: (incoming) => this.#worker.receive(incoming),
        logger: this.#log,
      });
    } catch (cause) {
      if (!(cause instanceof AmqpError)) throw cause;
      const code = cause.code === 'amqp-bad-options' ? 'config' : 'cannot-reach';
      const { transport } = this.#configuration;
      const where = 'listen' in transport ? `listen at ${transport.listen}` : 'take batches from the broker';
      throw new BusError(code, `Cannot ${where}: ${cause.message} (${cause.code})`, { cause });
    }
  }

  #makeDispatcher(): Dispatcher {
    return new Dispatcher({
      shells: this.#shells,
      authorizer: openAuthorizer,
      journal: this.#journal,
      limits: this.#configuration.limits,
    });
  }
}

/** The state directory is made when it is missing; only its owner may look into it. */
async function replayCacheIn(state: string | undefined): Promise<string | undefined> {
  if (state === undefined) return undefined;
  try {
    await mkdir(state, { recursive: true, mode: 0o700 });
    await access(state, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new BusError('config', `Cannot write to the state directory: ${(cause as Error).message}`, { cause });
  }
  return path.join(state, 'raw-peers.rcache');
}

/** There is no access control yet, so the operator has to say that none is wanted. */
function refuseClosed({ isOpen }: Configuration): void {
  if (isOpen) return;
  throw new BusError(
    'config',
    'This version has no access control lists: start with --open to let everyone with a ticket run every command',
  );
}
