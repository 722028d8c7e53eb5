/**
 * Keeps one connection alive. Stages: first (its failure is the caller's), up, waiting, and at last stopped or failed.
 *
 * R1. A refused login is never tried again: it could lock an account, and it will not get better by itself.
 * R2. The waits start over only after a connection that held for a while, so that a flapping peer is not hammered.
 * R3. `onUp` has prepared its links before anybody is told that the connection is up; if it fails, that is a failed
 *     attempt like any other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff, type ReconnectOptions } from './backoff.js';
import type { Connection } from './connection.js';
import { dial, type DialOptions } from './dial.js';
import { AmqpError, asAmqpError } from './errors.js';

const HELD_MS = 1000;

/** What is done with the connections. */
export interface ReconnectingListener {
  /** Sets up the links. The connection is closed if it throws. */
  onUp(connection: Connection): Promise<void>;
  /** The connection is up, and it is not the first one. */
  onAgain(): void;
  /** The connection is gone. `isFinal`: there will be no other. */
  onDown(error: AmqpError, isFinal: boolean): void;
}

export class Reconnecting {
  readonly #options: DialOptions;
  readonly #listener: ReconnectingListener;
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  #connection: Connection | null = null;
  #upSinceMs = 0;

  constructor(options: DialOptions, reconnect: ReconnectOptions | undefined, listener: ReconnectingListener) {
    this.#options = options;
    this.#listener = listener;
    this.#backoff = new Backoff(reconnect);
  }

  get connection(): Connection | null {
    return this.#connection;
  }

  /**
   * Connects for the first time.
   *
   * @throws AmqpError when that fails; nothing goes on then
   */
  async start(): Promise<void> {
    const signals = [this.#stop.signal];
    if (this.#options.signal !== undefined) signals.push(this.#options.signal);
    await this.#connect(AbortSignal.any(signals));
  }

  /** Ends for good. The connection, if there is one, is the caller's to close. */
  stop(): void {
    this.#stop.abort(new AmqpError('amqp-closed', 'Connect: this end was closed'));
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const connection = await dial({ ...this.#options, signal });
    try {
      await this.#listener.onUp(connection);
      signal.throwIfAborted();
      if (connection.isDown) throw new AmqpError('amqp-connection-lost', 'Connect: the connection was lost at once');
    } catch (error) {
      connection.destroy();
      throw error;
    }
    this.#connection = connection;
    this.#upSinceMs = Date.now();
    connection.whenDown = (error) => {
      this.#onDown(error);
    };
  }

  #onDown(error: AmqpError): void {
    this.#connection = null;
    const isFinal = this.#stop.signal.aborted;
    this.#listener.onDown(error, isFinal);
    if (isFinal) return;
    if (Date.now() - this.#upSinceMs >= HELD_MS) this.#backoff.reset(); // R2
    void this.#again(); // never rejects
  }

  async #again(): Promise<void> {
    const { signal } = this.#stop;
    const { logger } = this.#options;
    for (;;) {
      try {
        await sleep(this.#backoff.next(), undefined, { signal, ref: false });
        await this.#connect(signal);
        this.#listener.onAgain();
        return;
      } catch (failure) {
        if (signal.aborted) return;
        const error = asAmqpError(failure, 'amqp-unreachable', 'Connect again: it failed');
        logger.warn({ code: error.code, reason: error.message }, 'amqp connect failed');
        if (error.code !== 'amqp-sasl-refused') continue;
        this.#listener.onDown(error, true); // R1
        return;
      }
    }
  }
}
