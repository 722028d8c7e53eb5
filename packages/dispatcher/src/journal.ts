import type { Reply } from '@arpa2amqp/protocol';

/** Names a batch. The identity is part of it, so that nobody can learn the replies of another by guessing an id. */
export interface BatchKey {
  readonly identity: string;
  readonly batchId: string;
  /** The batch cannot be accepted after this instant, so its record may go some time later. */
  readonly expiresMs: number;
}

/** What the journal keeps of one batch while it is at work. Only changing commands are recorded. */
export interface BatchRecord {
  /**
   * The stored reply of a command that was run by an earlier delivery of this batch; an `interrupted` one when it was
   * started then and nobody knows how it ended.
   */
  replyOf(index: number): Reply | undefined;
  /** What tells the command apart that an earlier delivery started here; undefined when none did. */
  digestOf(index: number): string | undefined;
  /** Says that the command is about to run, and what tells it apart. */
  start(index: number, digest: string): Promise<void>;
  /** Says that the command has ended, with its reply. */
  end(index: number, reply: Reply): Promise<void>;
  /** Lets a repeat of the batch, which waits meanwhile, go on. */
  release(): void;
}

/** The step of the dispatcher that makes a repeated batch be answered instead of run again. */
export interface Journal {
  /** Tells whether a batch was claimed before. */
  knows(key: BatchKey): boolean;
  /**
   * Claims a batch; a repeat of it waits until the first is released.
   *
   * @throws BusError `unavailable` when nothing more can be recorded: the batch must not run
   */
  claim(key: BatchKey): Promise<BatchRecord>;
}
