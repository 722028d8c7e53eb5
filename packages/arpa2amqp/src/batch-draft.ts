import { randomUUID } from 'node:crypto';
import { BusError, decodeCommand, parseAddress, parseStrictJson, Timestamps, type Limits } from '@arpa2amqp/protocol';
import type { BatchOptions } from './batch-options.js';

/** Room for the frame's head, the token of the first message and the seal. */
const MIN_SEAL_BYTES = 128;

const issuedClock = new Timestamps();
const expiresClock = new Timestamps();

/**
 * A batch ready to be sealed. It is encoded once; only the reply address differs between one sending and the next, and
 * the id stays, so that the host's journal recognises a batch that comes twice.
 */
export class BatchDraft {
  readonly id: string;
  /** The canonical address of the host. */
  readonly to: string;
  /** The number of commands, and of replies expected. */
  readonly count: number;
  readonly expiresMs: number;
  readonly #commands: string;
  readonly #issuedMs: number;
  readonly #extras: string;

  /**
   * @param to - the canonical address of the host
   * @param commands - checked and encoded here; later changes to the objects have no effect
   * @param options - resolved
   * @throws BusError `invalid-address`, `invalid-batch`, `too-many-commands`, `too-deep`
   */
  constructor(to: string, commands: readonly unknown[], options: BatchOptions & { timeoutMs: number }, limits: Limits) {
    this.id = options.batchId ?? randomUUID();
    this.to = parseAddress(to).address;
    this.count = commands.length;
    this.#issuedMs = Date.now();
    this.expiresMs = this.#issuedMs + options.timeoutMs;
    this.#extras = encodeExtras(options);
    this.#commands = encodeCommands(commands, limits);
    const bytes = Buffer.byteLength(this.#commands) + MIN_SEAL_BYTES;
    if (bytes > limits.maxMessageBytes) throw tooLarge(bytes, limits);
  }

  /** The batch object of protocol.md, section 4. */
  encode(replyTo: string | undefined): Buffer {
    const reply = replyTo === undefined ? '' : `,"replyTo":${JSON.stringify(replyTo)}`;
    return Buffer.from(
      `{"id":"${this.id}","to":"${this.to}"${reply},"issued":"${issuedClock.format(this.#issuedMs)}",` +
        `"expires":"${expiresClock.format(this.expiresMs)}"${this.#extras},"commands":${this.#commands}}`,
      'utf8',
    );
  }

  /** The bare array of commands that raw peers exchange. */
  encodeBare(): Buffer {
    return Buffer.from(this.#commands, 'utf8');
  }
}

/** @throws BusError `invalid-batch`: the message that would carry the batch is larger than allowed. */
export function tooLarge(bytes: number, limits: Limits): BusError {
  return new BusError(
    'invalid-batch',
    `The batch takes ${bytes} bytes, more than the ${limits.maxMessageBytes} of a message: split it`,
  );
}

function encodeExtras({ atomic, confirm, dryRun }: BatchOptions): string {
  return (
    (atomic === true ? ',"atomic":true' : '') +
    (confirm === undefined || confirm === 0 ? '' : `,"confirm":${confirm}`) +
    (dryRun === true ? ',"dryRun":true' : '')
  );
}

function encodeCommands(commands: readonly unknown[], limits: Limits): string {
  if (!Array.isArray(commands)) throw new BusError('invalid-batch', 'The commands must be an array');
  if (commands.length === 0) throw new BusError('invalid-batch', 'The batch holds no command');
  if (commands.length > limits.maxCommands) {
    throw new BusError(
      'too-many-commands',
      `The batch holds ${commands.length} commands, more than ${limits.maxCommands}: split it`,
    );
  }
  commands.forEach((command, index) => checkCommand(command, index, limits));
  const text = JSON.stringify(commands);
  // JSON.stringify writes a lone surrogate as an escape, and nothing else as one that begins with d.
  if (text.includes('\\ud')) parseStrictJson(text, limits.maxDepth);
  return text;
}

/** What the host would refuse is refused here: nothing was sent then, which the caller can rely on. */
function checkCommand(command: unknown, index: number, limits: Limits): void {
  try {
    decodeCommand(command, limits);
  } catch (cause) {
    if (!(cause instanceof BusError)) throw cause;
    throw new BusError('invalid-batch', `Command ${index + 1} of the batch is refused: ${cause.message}`, { cause });
  }
}
