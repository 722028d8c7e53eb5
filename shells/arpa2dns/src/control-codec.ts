// The format of Knot's control socket (CZ-NIC/knot, src/libknot/control): units of one type octet, DATA and EXTRA followed by items of
// one octet 16+index, two octets length (big endian) and the text. A request is DATA and BLOCK; an answer any number of DATA and EXTRA,
// then BLOCK, or END when Knot wants to hang up. Pure: no I/O.

/** The items of a unit, in the order of their numbers on the wire. */
export const CONTROL_ITEMS = [
  'cmd',
  'flags',
  'error',
  'section',
  'item',
  'id',
  'zone',
  'owner',
  'ttl',
  'type',
  'data',
  'filters',
] as const;

/** Name of one item. */
export type ControlItem = (typeof CONTROL_ITEMS)[number];
/** The items of one unit with their texts. */
export type ControlFields = Readonly<Partial<Record<ControlItem, string>>>;

/** A request must name its command. */
export type ControlRequest = ControlFields & { readonly cmd: string };

/** One answer: its units in order, and whether Knot ends the conversation with it. */
export interface ControlAnswer {
  readonly units: readonly ControlFields[];
  readonly isLast: boolean;
}

/** Thrown for what cannot be sent, or cannot have been sent by Knot. */
export class ControlFormatError extends Error {
  override readonly name = 'ControlFormatError';
  readonly code = 'control-format';
  readonly retryable = false;
}

/** Longest text of an item in bytes: its length has two octets. */
export const MAX_ITEM_BYTES = 65_535;

const END = 0;
const DATA = 1;
const EXTRA = 2;
const BLOCK = 3;
const FIRST_ITEM = 16;
const ITEM_HEADER_BYTES = 3;
const DEFAULT_MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** What a unit takes in memory besides its texts: a flood of empty ones counts too. */
const UNIT_COST_BYTES = 64;

/** The bytes that end a conversation in good order. */
export const END_OF_CONVERSATION: Buffer = Buffer.from([END]);

// eslint-disable-next-line no-control-regex -- control characters are what is refused
const CONTROLS = /[\u0000-\u001f\u007f]/;

/**
 * The bytes of one request.
 * @throws ControlFormatError when a text is too long or holds a control character: Knot ends texts at NUL and records at a line end.
 */
export function encodeRequest(request: ControlRequest): Buffer {
  const parts = [Buffer.from([DATA])];
  for (const [index, item] of CONTROL_ITEMS.entries()) {
    const text = request[item];
    if (text === undefined) continue;
    if (CONTROLS.test(text)) throw new ControlFormatError(`Asking Knot failed: ${item} holds a control character`);
    const bytes = Buffer.from(text, 'utf8');
    if (bytes.length > MAX_ITEM_BYTES) {
      throw new ControlFormatError(
        `Asking Knot failed: ${item} has ${bytes.length} bytes, more than the ${MAX_ITEM_BYTES} allowed`,
      );
    }
    parts.push(Buffer.from([FIRST_ITEM + index, bytes.length >> 8, bytes.length & 0xff]), bytes);
  }
  parts.push(Buffer.from([BLOCK]));
  return Buffer.concat(parts);
}

/** Turns the bytes of a conversation, cut anywhere, into answers. One instance a conversation. */
export class AnswerDecoder {
  readonly #maxAnswerBytes: number;
  #rest: Buffer = Buffer.alloc(0);
  #answerBytes = 0;
  #units: Partial<Record<ControlItem, string>>[] = [];

  /** @param maxAnswerBytes - an answer over this size is refused, 32 MiB unless told */
  constructor(maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES) {
    this.#maxAnswerBytes = maxAnswerBytes;
  }

  /**
   * Takes the next bytes and returns the answers that are complete with them.
   * @throws ControlFormatError for bytes that Knot does not send; the decoder is of no use afterwards.
   */
  push(chunk: Buffer): readonly ControlAnswer[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const answers: ControlAnswer[] = [];
    let at = 0;
    while (at < bytes.length) {
      const length = this.#next(bytes, at, answers);
      if (length === 0) break;
      at += length;
      this.#answerBytes += length;
      if (this.#answerBytes > this.#maxAnswerBytes) {
        throw new ControlFormatError(`Reading Knot's answer failed: it is larger than ${this.#maxAnswerBytes} bytes`);
      }
    }
    this.#rest = bytes.subarray(at);
    return answers;
  }

  /** Takes one octet or one item; returns how many bytes that was, 0 when the item is not complete. */
  #next(bytes: Buffer, at: number, answers: ControlAnswer[]): number {
    const type = bytes.readUInt8(at);
    if (type >= FIRST_ITEM) return this.#takeItem(bytes, at, type);
    switch (type) {
      case DATA:
      case EXTRA:
        this.#units.push({});
        this.#answerBytes += UNIT_COST_BYTES;
        return 1;
      case BLOCK:
      case END:
        answers.push({ units: this.#units, isLast: type === END });
        this.#units = [];
        this.#answerBytes = 0;
        return 1;
      default:
        throw new ControlFormatError(`Reading Knot's answer failed: a unit has the unknown type ${type}`);
    }
  }

  #takeItem(bytes: Buffer, at: number, type: number): number {
    const item = CONTROL_ITEMS[type - FIRST_ITEM];
    const unit = this.#units.at(-1);
    if (item === undefined || unit === undefined || unit[item] !== undefined) {
      throw new ControlFormatError(`Reading Knot's answer failed: the item of type ${type} is out of place`);
    }
    if (bytes.length < at + ITEM_HEADER_BYTES) return 0;
    const end = at + ITEM_HEADER_BYTES + bytes.readUInt16BE(at + 1);
    if (bytes.length < end) return 0;
    unit[item] = bytes.toString('utf8', at + ITEM_HEADER_BYTES, end);
    return end - at;
  }
}
