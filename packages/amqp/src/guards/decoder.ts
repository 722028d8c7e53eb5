/**
 * Makes rhea's decoder safe. Unguarded, an array of elements of no width (13 bytes announcing 4 thousand million of
 * them) ends the process out of memory, before login.
 *
 * The guards stand on the prototype, hence for every user of rhea in the process; good input is read as before.
 */
import { AmqpError } from '../errors.js';
import { types, type RheaReader, type RheaType, type RheaTyped } from '../rhea.js';

/** Deeper nesting than any performative has. */
const MAX_DEPTH = 16;

interface Guarded {
  read_compound(this: RheaReader, type: RheaType): RheaTyped;
  read_array(this: RheaReader, type: RheaType): RheaTyped;
  read_bytes(this: RheaReader, size: number): Buffer;
  read_constructor(this: RheaReader): { typecode: number; descriptor?: RheaTyped };
}

function refuse(what: string): AmqpError {
  return new AmqpError('amqp-protocol', `Decode a frame: ${what}`, { condition: 'amqp:decode-error' });
}

/** Reads size and count; every element but those of an array takes a byte, and we ask it of those too. */
function sizeAndCount(reader: RheaReader, width: number): number {
  const size = reader.read_uint(width);
  if (size < width || size > reader.remaining()) throw refuse('a value is larger than the frame');
  const count = reader.read_uint(width);
  if (count > size - width) throw refuse('a value announces more elements than it has bytes');
  return count;
}

function deeper(reader: RheaReader): void {
  reader.depth = (reader.depth ?? 0) + 1;
  if (reader.depth > MAX_DEPTH) throw refuse('it is nested too deeply');
}

function shallower(reader: RheaReader): void {
  reader.depth = (reader.depth ?? 1) - 1;
}

const guarded: Guarded = {
  read_compound(type) {
    deeper(this);
    const items = this.read_n(sizeAndCount(this, type.width));
    shallower(this);
    return type.create(items);
  },

  read_array(type) {
    deeper(this);
    const count = sizeAndCount(this, type.width);
    const { typecode, descriptor } = this.read_constructor();
    const element = types.by_code[typecode];
    if (element === undefined) throw refuse('an array has elements of an unknown type');
    const items = this.read_array_items(count, element);
    shallower(this);
    return type.create(items, typecode, descriptor);
  },

  read_bytes(size) {
    if (size < 0 || size > this.remaining()) throw refuse('a value is larger than the frame');
    const from = this.position;
    this.position += size;
    return this.buffer.subarray(from, this.position);
  },

  // A descriptor of a descriptor is legal and useless; rhea follows any number of them by recursion.
  read_constructor() {
    const typecode = this.read_uint(1);
    if (typecode !== 0x00) return { typecode };
    deeper(this);
    const descriptor = this.read();
    const inner = this.read_uint(1);
    if (inner === 0x00) throw refuse('a value is described twice');
    shallower(this);
    return { typecode: inner, descriptor };
  },
};

let isInstalled = false;

/** Puts the guards in place, once in the life of the process. */
export function installDecoderGuard(): void {
  if (isInstalled) return;
  isInstalled = true;
  Object.assign(types.Reader.prototype, guarded);
}
