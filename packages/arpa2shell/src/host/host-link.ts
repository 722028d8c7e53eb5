import type { Command, Reply } from 'arpa2amqp';

/** Options of {@link HostLink.run}. */
export interface LinkRunOptions {
  /** Gives up waiting; the commands may run nevertheless. */
  readonly signal?: AbortSignal;
}

/** The host whose shells are used: another one over the bus, or this process itself. */
export interface HostLink extends AsyncDisposable {
  /** Whether the host finds out who the caller is; else it believes the ticket. */
  readonly knowsCaller: boolean;
  /**
   * Runs commands as one batch, in a shell session of its own.
   *
   * @returns one reply per command, in order
   * @throws BusError when there is no ticket, or the host cannot be reached or does not answer
   */
  run(commands: readonly Command[], options?: LinkRunOptions): Promise<readonly Reply[]>;
  /** Waits for what is at work. Idempotent. */
  close(): Promise<void>;
  /** Ends it now. Idempotent. */
  destroy(): void;
}
