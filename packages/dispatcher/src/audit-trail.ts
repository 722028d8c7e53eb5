import type { Reply } from '@arpa2amqp/protocol';
import type { AuditedBatch, AuditedCommand, AuditedEnd, BatchAudit } from './audit.js';
import { BatchRecords, type AuditRecord } from './audit-record.js';

/** Where records of batches go. */
export interface RecordSink {
  add(record: AuditRecord): void;
  /** Writes what waits. @throws BusError `unavailable` when the log cannot be written */
  ensureWritable(): Promise<void>;
}

/** Makes the records of one batch. */
export class AuditTrail implements BatchAudit {
  readonly #sink: RecordSink;
  readonly #commands: readonly AuditedCommand[];
  readonly #records: BatchRecords;
  #isIntentWritten = false;
  /** Commands come in order. */
  #next = 0;

  constructor(sink: RecordSink, batch: AuditedBatch) {
    this.#sink = sink;
    this.#commands = batch.commands;
    this.#records = new BatchRecords(batch);
  }

  async allowChange(index: number): Promise<void> {
    await this.#sink.ensureWritable();
    if (this.#isIntentWritten) return;
    // One record for all that the batch may still change: should the process end, nothing was changed of which the log knows nothing.
    this.#sink.add(
      this.#records.intent(this.#commands.filter((command) => command.index >= index && isChange(command))),
    );
    await this.#sink.ensureWritable();
    this.#isIntentWritten = true;
  }

  note(index: number, reply: Reply, end: AuditedEnd): void {
    while ((this.#commands[this.#next]?.index ?? index) < index) this.#next += 1;
    const command = this.#commands[this.#next];
    if (command?.index !== index) throw new TypeError('A command ended that was not decided on, or it ended twice');
    this.#next += 1;
    this.#sink.add(this.#records.command(command, reply, end));
  }
}

function isChange({ step, decision }: AuditedCommand): boolean {
  return step.effect === 'change' && decision.isGranted;
}
