import { gate } from '../gate.js';
import { Block, NULL, sharedBlock } from './block.js';
import { secondsOf } from './credentials.js';
import { callAsync, declare, lazily } from './library.js';
import { displayName, releaseName } from './names.js';
import { oids } from './oids.js';
import type { Side } from './krb5-codes.js';
import { BAD_MECH, check, CONTINUE_NEEDED, isError, NO_CRED, statusError } from './status.js';

// Contexts: RFC 2743 section 2.2, RFC 2744 sections 5.1, 5.9, 5.19, 5.22, 5.31.

/** What one step of an establishment gave. */
export interface StepResult {
  /** The context, which may still be incomplete. */
  readonly context: bigint;
  /** Token for the peer, null when there is none. */
  readonly token: Buffer | null;
  readonly isComplete: boolean;
  /** Flags of RFC 2743 section 1.2.7, as bits. */
  readonly flags: number;
  readonly lifetimeSeconds: number;
  /** Delegated credential of an acceptor, or NULL. */
  readonly delegated: bigint;
}

/** What an initiator's step needs; all pointers. */
export interface InitiatorStep {
  readonly context: bigint;
  readonly credential: bigint;
  readonly target: bigint;
  readonly flags: number;
  readonly lifetimeSeconds: number;
  readonly token: Buffer | undefined;
  readonly action: string;
}

/** What an acceptor's step needs; all pointers. */
export interface AcceptorStep {
  readonly context: bigint;
  readonly credential: bigint;
  readonly token: Buffer;
  readonly action: string;
}

/** Words of the block of a step. */
const CONTEXT = 1;
const INPUT = 2;
const OUTPUT = 4;
const FLAGS = 6;
const LIFETIME = 7;
const DELEGATED = 8;

const functions = lazily(() => ({
  initSecContext: declare('gss_init_sec_context', [
    ...(['pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'uint32', 'uint32'] as const),
    ...(['pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'pointer'] as const),
  ]),
  acceptSecContext: declare('gss_accept_sec_context', [
    ...(['pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'pointer'] as const),
    ...(['pointer', 'pointer', 'pointer', 'pointer', 'pointer'] as const),
  ]),
  inquireContext: declare('gss_inquire_context', [
    ...(['pointer', 'pointer', 'pointer', 'pointer', 'pointer'] as const),
    ...(['pointer', 'pointer', 'pointer', 'pointer'] as const),
  ]),
  deleteSecContext: declare('gss_delete_sec_context', ['pointer', 'pointer', 'pointer']),
  wrapSizeLimit: declare('gss_wrap_size_limit', ['pointer', 'pointer', 'uint32', 'uint32', 'uint32', 'pointer']),
}));

/** gss_init_sec_context, off the main thread: it may ask a KDC for a ticket. */
export async function initSecContext(step: InitiatorStep): Promise<StepResult> {
  const block = new Block();
  block.setPointer(CONTEXT, step.context);
  if (step.token !== undefined) block.setInput(INPUT, step.token);
  const major = await gate.run(
    async () =>
      await callAsync(functions().initSecContext, [
        block.minorAddress,
        step.credential,
        block.addressOf(CONTEXT),
        step.target,
        oids().krb5,
        step.flags,
        step.lifetimeSeconds,
        NULL,
        step.token === undefined ? NULL : block.addressOf(INPUT),
        NULL,
        block.addressOf(OUTPUT),
        block.addressOf(FLAGS),
        block.addressOf(LIFETIME),
      ]),
  );
  return stepResult(major, block, step.action, 'initiate');
}

/** gss_accept_sec_context, off the main thread: it may wait for the replay cache's lock and disk. */
export async function acceptSecContext(step: AcceptorStep): Promise<StepResult> {
  const block = new Block();
  block.setPointer(CONTEXT, step.context);
  block.setInput(INPUT, step.token);
  const major = await gate.run(
    async () =>
      await callAsync(functions().acceptSecContext, [
        block.minorAddress,
        block.addressOf(CONTEXT),
        step.credential,
        block.addressOf(INPUT),
        NULL,
        NULL,
        NULL,
        block.addressOf(OUTPUT),
        block.addressOf(FLAGS),
        block.addressOf(LIFETIME),
        block.addressOf(DELEGATED),
      ]),
  );
  return stepResult(major, block, step.action, 'accept');
}

/** gss_inquire_context: the name of one end; each name costs the library about 20 us. */
export function inquirePeer(context: bigint, end: 'initiator' | 'target'): string {
  const block = sharedBlock();
  const [initiator, target] = end === 'initiator' ? [block.addressOf(1), NULL] : [NULL, block.addressOf(1)];
  const rest = [NULL, NULL, NULL, NULL, NULL];
  const major = functions().inquireContext(block.minorAddress, context, initiator, target, ...rest);
  check(major, block.minor, 'Inquiring a context');
  const name = block.pointer(1);
  try {
    return name === NULL ? '' : displayName(name);
  } finally {
    releaseName(name);
  }
}

/** gss_wrap_size_limit. */
export function wrapSizeLimit(context: bigint, maxBytes: number, isConfidential: boolean): number {
  const block = sharedBlock();
  const major = functions().wrapSizeLimit(
    block.minorAddress,
    context,
    isConfidential ? 1 : 0,
    0,
    maxBytes,
    block.addressOf(1),
  );
  check(major, block.minor, 'Asking for the wrap size limit');
  return block.uint32(1);
}

/** gss_delete_sec_context, without a token for the peer (RFC 2743 section 2.2.3 advises against one). */
export function deleteSecContext(context: bigint): void {
  if (context === NULL) return;
  const block = sharedBlock();
  block.setPointer(1, context);
  functions().deleteSecContext(block.minorAddress, block.addressOf(1), NULL);
}

/** A failed step leaves nothing behind: RFC 2744 section 5.19 lets the library keep a half-made context. */
function stepResult(major: number, block: Block, action: string, side: Side): StepResult {
  const minor = block.minor;
  const context = block.pointer(CONTEXT);
  const token = block.takeOutput(OUTPUT);
  if (isError(major)) {
    deleteSecContext(context);
    // An acceptor has a credential here, always for Kerberos: there is none only for the mechanism that the token names.
    const isForeign = side === 'accept' && major === NO_CRED && minor === 0;
    throw statusError(isForeign ? BAD_MECH : major, minor, action, side, token.length > 0 ? token : undefined);
  }
  return {
    context,
    token: token.length > 0 ? token : null,
    isComplete: (major & CONTINUE_NEEDED) === 0,
    flags: block.uint32(FLAGS),
    lifetimeSeconds: secondsOf(block.uint32(LIFETIME)),
    delegated: block.pointer(DELEGATED),
  };
}
