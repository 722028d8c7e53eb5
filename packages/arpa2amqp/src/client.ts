import { openRequester, type AmqpMessage, type Requester } from '@arpa2amqp/amqp';
import { BusError, parseAddress, serviceOf, type Reply } from '@arpa2amqp/protocol';
import { InitiatorSession } from '@arpa2amqp/session';
import { BatchDraft } from './batch-draft.js';
import { resolveBatchOptions, type BatchOptions } from './batch-options.js';
import type { ResolvedClientOptions } from './client-options.js';
import { HostChannel } from './host-channel.js';
import { PendingBatch } from './pending-batch.js';
import { PendingBatches } from './pending-batches.js';
import { toBusError } from './transport-error.js';

/**
 * Sends batches to hosts over one connection, hundreds at a time if need be, with one security context per host.
 *
 * Life: open (and by itself down and up again, as the connection is) -> closing -> closed.
 */
export class Client {
  readonly #options: ResolvedClientOptions;
  readonly #requester: Requester;
  readonly #pending = new PendingBatches();
  readonly #channels = new Map<string, HostChannel>();
  /** Null while connected. */
  #downReason: Error | null = null;
  /** Set when the connection will not come back, for instance since the login is refused now. */
  #final: BusError | null = null;
  #isClosing = false;
  #closing: Promise<void> | null = null;

  private constructor(options: ResolvedClientOptions, requester: Requester) {
    this.#options = options;
    this.#requester = requester;
  }

  /** @internal Use `connect`. */
  static async open(options: ResolvedClientOptions): Promise<Client> {
    const holder: { client: Client | null } = { client: null };
    const { url, connectTimeoutMs, limits, logger, signal, transport } = options;
    try {
      const requester = await openRequester({
        ...transport,
        url,
        connectTimeoutMs,
        maxMessageBytes: limits.maxMessageBytes,
        onReply: (message) => {
          if (holder.client !== null) holder.client.#receive(message);
        },
        onReconnect: () => {
          if (holder.client !== null) holder.client.#onReconnect();
        },
        onDown: (error, isFinal) => {
          if (holder.client !== null) holder.client.#onDown(error, isFinal);
        },
        logger,
        ...(signal === undefined ? {} : { signal }),
      });
      return (holder.client = new Client(options, requester));
    } catch (cause) {
      if (signal?.aborted === true)
        throw new BusError('aborted', 'Connecting was aborted: nothing was sent', { cause });
      throw toBusError(cause);
    }
  }

  /** Batches that wait for an answer. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /**
   * Sends a batch and waits for its replies, one per command, in order. A reply with `stderr_` is a result like any
   * other, not an exception.
   *
   * When the connection is lost meanwhile, the batch is sent again under its old id as soon as there is a new one; the
   * host's journal sees to it that nothing runs twice.
   *
   * @param to - canonical address of the host, `/internetwide/<domain>/<host>`
   * @param commands - 1 to 1,000 commands
   * @throws BusError: exit code 2 in `exitCode` when nothing was sent because the batch is invalid; `no-ticket`,
   *   `ticket-expired`, `unknown-service`, `no-kdc`; `cannot-reach`, `no-route`, `overloaded`: it did not run;
   *   `timed-out`, `unknown-outcome`, `aborted`, `closed`, `security-failed`, `refused`: the message says whether that is known
   */
  async run(to: string, commands: readonly unknown[], options: BatchOptions = {}): Promise<Reply[]> {
    return await this.#submit(to, commands, options, true).done;
  }

  /**
   * Sends a batch without asking for replies: resolves when the broker, or a listening daemon, has taken it. Whether it
   * then runs is not told.
   *
   * @param to - canonical address of the host
   * @param commands - 1 to 1,000 commands
   * @throws BusError as {@link Client.run}
   */
  async send(to: string, commands: readonly unknown[], options: BatchOptions = {}): Promise<void> {
    await this.#submit(to, commands, options, false).done;
  }

  /** Takes no more batches, waits for the pending ones (each ends by its deadline) and closes the connection. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Closes at once: whatever is pending fails as `closed`, or as `unknown-outcome` when it may have run. */
  destroy(reason = 'The client was destroyed'): void {
    this.#isClosing = true;
    for (const batch of this.#pending.list()) batch.failToSend(new BusError('closed', reason));
    for (const channel of this.#channels.values()) channel.destroy();
    this.#requester.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.#pending.drained();
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
    await this.#requester.close();
  }

  #submit(to: string, commands: readonly unknown[], options: BatchOptions, wantsReply: boolean): PendingBatch {
    if (this.#isClosing) throw new BusError('closed', 'The client is closed: connect again');
    if (this.#final !== null) throw this.#final;
    const { timeoutMs, isRaw, limits } = this.#options;
    const resolved = resolveBatchOptions(options, { timeoutMs, isRaw, maxLifeMs: limits.maxLifeMs });
    if (isRaw && !wantsReply) throw new BusError('usage', 'A raw host answers every batch: use run, not send');
    const { signal } = resolved;
    if (signal?.aborted === true) {
      throw new BusError('aborted', 'The batch was aborted before it was sent', { cause: signal.reason });
    }
    const draft = new BatchDraft(to, commands, resolved, limits);
    const channel = this.#channelFor(draft.to, wantsReply);
    const batch = new PendingBatch(draft, this.#surroundings, {
      wantsReply,
      ...(signal === undefined ? {} : { signal }),
    });
    this.#pending.add(batch);
    channel.submit(batch);
    return batch;
  }

  readonly #surroundings = {
    downReason: () => this.#downReason,
    onSettled: (batch: PendingBatch) => this.#pending.remove(batch),
  };

  #channelFor(to: string, wantsReply: boolean): HostChannel {
    const key = wantsReply ? to : `${to} one-way`;
    let channel = this.#channels.get(key);
    if (channel === undefined) {
      const { service, caller, isMutual, isRaw, limits, logger } = this.#options;
      const session = new InitiatorSession({
        target: service ?? serviceOf(parseAddress(to)),
        isMutual,
        isRaw,
        logger,
        ...caller,
      });
      channel = new HostChannel({
        to,
        session,
        requester: this.#requester,
        pending: this.#pending,
        limits,
        logger,
        isRaw,
        isOneWay: !wantsReply,
      });
      this.#channels.set(key, channel);
    }
    return channel;
  }

  #receive(message: AmqpMessage): void {
    const attempt = this.#pending.find(message.correlationId);
    if (attempt !== undefined) {
      this.#channelFor(attempt.batch.draft.to, attempt.batch.wantsReply).receive(attempt, message);
      return;
    }
    const isLeg = [...this.#channels.values()].some((channel) => channel.receiveLeg(message));
    if (!isLeg)
      this.#options.logger.debug({ correlationId: message.correlationId?.slice(0, 100) }, 'answer-to-nothing');
  }

  #onDown(reason: Error, isFinal: boolean): void {
    this.#downReason = reason;
    this.#options.logger.warn({ reason: reason.message }, 'connection-down');
    const lost = new BusError('cannot-reach', 'The connection was lost', { cause: reason });
    for (const channel of this.#channels.values()) channel.interrupt(lost);
    this.#options.onConnection('down');
    if (!isFinal) return;
    this.#final = toBusError(reason);
    for (const batch of this.#pending.list()) batch.failToSend(this.#final);
  }

  #onReconnect(): void {
    this.#downReason = null;
    const batches = this.#pending.list();
    this.#options.logger.info({ pending: batches.length }, 'connection-up');
    for (const batch of batches) this.#channelFor(batch.draft.to, batch.wantsReply).resubmit(batch);
    this.#options.onConnection('up');
  }
}
