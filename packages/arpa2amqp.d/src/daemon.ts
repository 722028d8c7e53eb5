import type { AclStore } from '@arpa2amqp/acl';
import { AmqpError, serve, type Service } from '@arpa2amqp/amqp';
import {
  AclAuthorizer,
  Dispatcher,
  MemoryJournal,
  openAuthorizer,
  type AuditLog,
  type Authorizer,
  type ShellRegistry,
} from '@arpa2amqp/dispatcher';
import { BusError } from '@arpa2amqp/protocol';
import { AcceptorTable } from '@arpa2amqp/session';
import type { Logger } from 'pino';
import { openAudit } from './audit.js';
import { BatchWorker } from './batch-worker.js';
import type { Configuration } from './configuration.js';
import { openLists } from './access-lists.js';
import { HostChanges } from './host-changes.js';
import { LogLimit } from './log-limit.js';
import { identifierOf } from './principals.js';
import { startShells } from './shells.js';
import { auditedListsIn, prepareStateDirectory, replayCacheIn } from './state-directory.js';
import { transportOf } from './transport.js';

const SET_REALM =
  'Set default_realm or [domain_realm] in krb5.conf: realms without a rule are not kept out of its domain';

/** What the daemon is made of. */
interface DaemonParts {
  readonly acceptor: AcceptorTable;
  readonly shells: ShellRegistry;
  /** Null with `--open`. */
  readonly lists: AclStore | null;
  /** Null: none is kept. */
  readonly audit: AuditLog | null;
}

/**
 * The daemon as a whole. It owns the acceptor table, the shells and the transport, and ends them in the order in
 * which a batch goes through them: no more are taken, those at work are answered, then the rest ends.
 *
 * D1 Reloads come one after the other; shells that were replaced end when the batches that began in them have.
 * D2 Once the daemon is closing or destroyed, shells that come up are ended at once.
 */
export class Daemon implements AsyncDisposable {
  readonly #configuration: Configuration;
  readonly #log: Logger;
  readonly #peerLog: LogLimit;
  readonly #journal = new MemoryJournal();
  readonly #acceptor: AcceptorTable;
  readonly #worker: BatchWorker;
  readonly #lists: AclStore | null;
  readonly #authorizer: Authorizer;
  readonly #audit: AuditLog | null;
  /** Null without lists. */
  readonly #hostChanges: HostChanges | null;
  #shells: ShellRegistry;
  #dispatcher: Dispatcher;
  /** Shells that were replaced, until they have ended. */
  readonly #replaced = new Map<ShellRegistry, Promise<void>>();
  #service: Service | null = null;
  #reloading: Promise<void> = Promise.resolve();
  #isEnding = false;
  #closing: Promise<void> | null = null;

  private constructor(configuration: Configuration, log: Logger, { acceptor, shells, lists, audit }: DaemonParts) {
    this.#configuration = configuration;
    this.#log = log;
    this.#peerLog = new LogLimit(log);
    this.#acceptor = acceptor;
    this.#shells = shells;
    this.#lists = lists;
    this.#audit = audit;
    this.#hostChanges = this.#watchLists();
    this.#authorizer = authorizerOf(lists, this.#peerLog);
    this.#dispatcher = this.#makeDispatcher();
    this.#worker = new BatchWorker({
      address: configuration.address.address,
      acceptor,
      dispatcher: () => this.#dispatcher,
      identify: identifierOf(configuration, () => log.warn({ fix: SET_REALM }, 'own-realm-unknown')),
      limits: configuration.limits,
      log,
      peerLog: this.#peerLog,
    });
  }

  /**
   * Starts everything; what was started is ended again when a later part cannot start.
   *
   * @throws BusError `config`, `no-ticket` (no usable key) or `cannot-reach`, with what to do
   */
  static async start(configuration: Configuration, log: Logger): Promise<Daemon> {
    if (configuration.state !== undefined) await prepareStateDirectory(configuration.state);
    const lists = configuration.isOpen ? null : await openLists(configuration.state);
    let audit: AuditLog | null = null;
    let acceptor: AcceptorTable | undefined;
    let shells: ShellRegistry | undefined;
    try {
      audit = openAudit(configuration, log);
      acceptor = await makeAcceptor(configuration, log);
      shells = await startShells(configuration, log);
      const daemon = new Daemon(configuration, log, { acceptor, shells, lists, audit });
      await daemon.#serve();
      audit?.event('start', { pid: process.pid, open: configuration.isOpen });
      await daemon.#hostChanges?.start();
      return daemon;
    } catch (error) {
      shells?.destroy();
      acceptor?.destroy();
      audit?.destroy();
      lists?.destroy();
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

  /**
   * Reads the keytab and the shells again, and goes on in a new audit log if the old one was renamed. Batches at work end in the shells they began with.
   *
   * @throws BusError `config` or `unavailable`; the old ones stay in use
   */
  async reload(): Promise<void> {
    const reloading = this.#reloading.then(async () => await this.#reload());
    this.#reloading = reloading.catch(() => undefined);
    await reloading;
  }

  /**
   * Takes no more batches, finishes and answers those at work, and ends. After the time that one command may take, what
   * still runs is interrupted and the rest is not run; the replies say so.
   */
  async close(): Promise<void> {
    this.#isEnding = true;
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Ends now: commands at work are interrupted. */
  destroy(): void {
    this.#isEnding = true;
    this.#worker.interrupt();
    this.#service?.destroy();
    for (const shells of [this.#shells, ...this.#replaced.keys()]) shells.destroy();
    this.#acceptor.destroy();
    this.#hostChanges?.destroy();
    this.#peerLog.close();
    this.#audit?.destroy();
    this.#lists?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#service?.drain();
    const late = setTimeout(() => {
      this.#log.warn('drain-interrupted');
      this.#worker.interrupt();
    }, this.#configuration.limits.commandTimeoutMs);
    await this.#worker.drain();
    clearTimeout(late);
    await this.#service?.close();
    await this.#reloading;
    await Promise.all([this.#shells.close(), ...this.#replaced.values()]);
    await this.#acceptor.close();
    this.#peerLog.close();
    await this.#hostChanges?.close();
    this.#audit?.event('stop', { pid: process.pid });
    await this.#audit?.close();
    await this.#lists?.close();
  }

  async #reload(): Promise<void> {
    if (this.#isEnding) return;
    await this.#reopenAudit();
    await this.#acceptor.reload();
    const fresh = await startShells(this.#configuration, this.#log);
    if (this.#hasEnded()) {
      fresh.destroy();
      return;
    }
    const previous = this.#shells;
    this.#shells = fresh;
    this.#dispatcher = this.#makeDispatcher();
    this.#replaced.set(previous, this.#endReplaced(previous));
    this.#log.info({ shells: fresh.names }, 'reloaded');
  }

  /** The old file stays in use when there can be no new one. */
  async #reopenAudit(): Promise<void> {
    try {
      await this.#audit?.reopen();
    } catch (error) {
      this.#log.error({ err: error }, 'audit-reopen-failed');
    }
  }

  async #endReplaced(shells: ShellRegistry): Promise<void> {
    await this.#worker.settled();
    await shells.close();
    this.#replaced.delete(shells);
  }

  /** Not written out where it is asked after a wait: the compiler does not see that it changes meanwhile. */
  #hasEnded(): boolean {
    return this.#isEnding;
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
        logger: this.#peerLog,
      });
    } catch (cause) {
      if (!(cause instanceof AmqpError)) throw cause;
      const code = cause.code === 'amqp-bad-options' ? 'config' : 'cannot-reach';
      const { transport } = this.#configuration;
      const where = 'listen' in transport ? `listen at ${transport.listen}` : 'take batches from the broker';
      throw new BusError(code, `Cannot ${where}: ${cause.message} (${cause.code})`, { cause });
    }
  }

  #watchLists(): HostChanges | null {
    const { state } = this.#configuration;
    if (this.#lists === null || this.#audit === null || state === undefined) return null;
    return new HostChanges({
      store: this.#lists,
      audit: this.#audit,
      file: auditedListsIn(state),
      onFailure: (error) => this.#peerLog.error({ err: error }, 'lists-not-audited'),
    });
  }

  #makeDispatcher(): Dispatcher {
    return new Dispatcher({
      shells: this.#shells,
      authorizer: this.#authorizer,
      journal: this.#journal,
      limits: this.#configuration.limits,
      ...(this.#audit === null ? {} : { audit: this.#audit }),
    });
  }
}

async function makeAcceptor({ service, keytab, limits, state }: Configuration, log: Logger): Promise<AcceptorTable> {
  return await AcceptorTable.create({
    service,
    limits,
    logger: log,
    ...(keytab === undefined ? {} : { keytab }),
    ...(state === undefined ? {} : { replayCache: replayCacheIn(state) }),
  });
}

function authorizerOf(store: AclStore | null, log: LogLimit): Authorizer {
  if (store === null) return openAuthorizer;
  return new AclAuthorizer({ store, onFailure: (error) => log.error({ err: error }, 'access-lists-failed') });
}
