import { gate } from '../gate.js';
import { Block, NULL, sharedBlock } from './block.js';
import { callAsync, declare, lazily } from './library.js';
import { check } from './status.js';

// Per-message protection: RFC 2743 section 2.3, RFC 2744 sections 5.29 (unwrap) and 5.33 (wrap).

/** Words of the block of a message call. */
const CONFIDENTIAL = 1;
const INPUT = 2;
const OUTPUT = 4;
const QUALITY_DEFAULT = 0;

const functions = lazily(() => ({
  wrap: declare('gss_wrap', ['pointer', 'pointer', 'uint32', 'uint32', 'pointer', 'pointer', 'pointer']),
  unwrap: declare('gss_unwrap', ['pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'pointer']),
}));

/** Bytes made by a call, and whether they are (or were) encrypted. */
export interface ProtectedBytes {
  readonly bytes: Buffer;
  readonly confidential: boolean;
}

/** gss_wrap here and now, for short messages. */
export function wrapNow(context: bigint, message: Buffer, isConfidential: boolean): ProtectedBytes {
  const block = sharedBlock();
  block.setInput(INPUT, message);
  return result(functions().wrap(...wrapArguments(block, context, isConfidential)), block, 'Wrapping a message');
}

/** gss_wrap off the main thread, for long messages. The message must not change meanwhile. */
export async function wrapAsync(context: bigint, message: Buffer, isConfidential: boolean): Promise<ProtectedBytes> {
  const block = new Block();
  block.setInput(INPUT, message);
  const major = await gate.run(
    async () => await callAsync(functions().wrap, wrapArguments(block, context, isConfidential)),
  );
  return result(major, block, 'Wrapping a message');
}

/** gss_unwrap here and now, for short tokens. */
export function unwrapNow(context: bigint, token: Buffer): ProtectedBytes {
  const block = sharedBlock();
  block.setInput(INPUT, token);
  return result(functions().unwrap(...unwrapArguments(block, context)), block, 'Unwrapping a message');
}

/** gss_unwrap off the main thread, for long tokens. The token must not change meanwhile. */
export async function unwrapAsync(context: bigint, token: Buffer): Promise<ProtectedBytes> {
  const block = new Block();
  block.setInput(INPUT, token);
  const major = await gate.run(async () => await callAsync(functions().unwrap, unwrapArguments(block, context)));
  return result(major, block, 'Unwrapping a message');
}

type MessageArguments = [bigint, bigint, ...(bigint | number)[]];

function wrapArguments(block: Block, context: bigint, isConfidential: boolean): MessageArguments {
  return [
    block.minorAddress,
    context,
    isConfidential ? 1 : 0,
    QUALITY_DEFAULT,
    block.addressOf(INPUT),
    block.addressOf(CONFIDENTIAL),
    block.addressOf(OUTPUT),
  ];
}

function unwrapArguments(block: Block, context: bigint): MessageArguments {
  return [
    block.minorAddress,
    context,
    block.addressOf(INPUT),
    block.addressOf(OUTPUT),
    block.addressOf(CONFIDENTIAL),
    NULL,
  ];
}

/** A replayed token is unwrapped by the library and marked by a supplementary bit: the message must not get out then. */
function result(major: number, block: Block, action: string): ProtectedBytes {
  const minor = block.minor;
  const bytes = block.takeOutput(OUTPUT);
  check(major, minor, action, 'initiate');
  return { bytes, confidential: block.uint32(CONFIDENTIAL) !== 0 };
}
