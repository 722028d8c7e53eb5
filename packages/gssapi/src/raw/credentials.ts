import koffi from 'koffi';
import { gate } from '../gate.js';
import { Block, NULL } from './block.js';
import type { Side } from './krb5-codes.js';
import { callAsync, declare, lazily } from './library.js';
import { displayName, releaseName } from './names.js';
import { oids } from './oids.js';
import { check, CREDENTIALS_EXPIRED } from './status.js';

// Credentials: RFC 2743 section 2.1, RFC 2744 sections 5.2, 5.21, 5.27; the credential store is MIT's extension
// gss_acquire_cred_from (krb5 1.11).

/** What a credential can be used for. */
export type CredentialUsage = 'initiate' | 'accept' | 'both';

/** Where keys and tickets are, instead of the environment's and krb5.conf's defaults. */
export interface CredentialStore {
  /** Credentials cache with tickets, e.g. `FILE:/run/user/1000/krb5cc`. */
  readonly ccache?: string;
  /** Keytab with the keys of a service that accepts. */
  readonly keytab?: string;
  /** Keytab with the keys of a client, to get tickets with. */
  readonly client_keytab?: string;
  /** Replay cache of an acceptor: `none:` for none, `dfl:` for the default, `file2:/path`. */
  readonly rcache?: string;
}

/** What the library told about a credential. */
export interface AcquiredCredential {
  readonly pointer: bigint;
  readonly name: string;
  readonly lifetimeSeconds: number;
}

/** What {@link acquireCredential} takes; `name` is a pointer or NULL. */
export interface AcquireRequest {
  readonly name: bigint;
  readonly usage: CredentialUsage;
  readonly store: CredentialStore;
  readonly lifetimeSeconds: number;
  readonly action: string;
  readonly signal: AbortSignal | undefined;
}

const USAGES: Readonly<Record<CredentialUsage, number>> = { both: 0, initiate: 1, accept: 2 };
/** GSS_C_INDEFINITE. */
export const INDEFINITE = 0xffff_ffff;
const WORD_BYTES = 8;

const functions = lazily(() => ({
  acquireCredFrom: declare('gss_acquire_cred_from', [
    'pointer',
    'pointer',
    'uint32',
    'pointer',
    'uint32',
    'pointer',
    'pointer',
    'pointer',
    'pointer',
  ]),
  inquireCred: declare('gss_inquire_cred', ['pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'pointer']),
  releaseCred: declare('gss_release_cred', ['pointer', 'pointer']),
}));

/** gss_acquire_cred_from and gss_inquire_cred, off the main thread: both may talk to a KDC. */
export async function acquireCredential(request: AcquireRequest): Promise<AcquiredCredential> {
  const block = new Block();
  const store = storeDescriptor(request.store, block);
  const major = await gate.run(
    async () =>
      await callAsync(functions().acquireCredFrom, [
        block.minorAddress,
        request.name,
        request.lifetimeSeconds,
        oids().krb5Set,
        USAGES[request.usage],
        store,
        block.addressOf(1),
        NULL,
        NULL,
      ]),
    request.signal,
  );
  const side = request.usage === 'accept' ? 'accept' : 'acquire';
  check(major, block.minor, request.action, side);
  const pointer = block.pointer(1);
  try {
    return { pointer, ...(await inquireCredential(pointer, request.action, side)) };
  } catch (error) {
    releaseCredential(pointer);
    throw error;
  }
}

/** gss_inquire_cred: resolves a credential that was acquired without a name, which may get a first ticket from a keytab. */
export async function inquireCredential(
  pointer: bigint,
  action: string,
  side: Side,
): Promise<{ name: string; lifetimeSeconds: number }> {
  const block = new Block();
  const major = await gate.run(
    async () =>
      await callAsync(functions().inquireCred, [
        block.minorAddress,
        pointer,
        block.addressOf(1),
        block.addressOf(2),
        NULL,
        NULL,
      ]),
  );
  const name = block.pointer(1);
  try {
    check(major, block.minor, action, side);
    const seconds = block.uint32(2);
    // MIT reports a dead credential as lifetime 0, not as an error; a use would fail with a vaguer one.
    if (seconds === 0) check(CREDENTIALS_EXPIRED, 0, action, side);
    return { name: name === NULL ? '' : displayName(name), lifetimeSeconds: secondsOf(seconds) };
  } finally {
    releaseName(name);
  }
}

/** gss_release_cred. */
export function releaseCredential(pointer: bigint): void {
  if (pointer === NULL) return;
  const block = new Block();
  block.setPointer(1, pointer);
  functions().releaseCred(block.minorAddress, block.addressOf(1));
}

/** Seconds as a number, GSS_C_INDEFINITE as Infinity. */
export function secondsOf(lifetime: number): number {
  return lifetime === INDEFINITE ? Number.POSITIVE_INFINITY : lifetime;
}

/** gss_key_value_set_desc in memory that lives as long as the block: { uint32 count; struct { char *key, *value; } *elements }. */
function storeDescriptor(store: CredentialStore, block: Block): bigint {
  const entries = Object.entries(store).filter((entry): entry is [string, string] => entry[1] !== undefined);
  if (entries.length === 0) return NULL;
  const set = Buffer.alloc(2 * WORD_BYTES * (entries.length + 1));
  const base = koffi.address(set);
  set.writeUInt32LE(entries.length, 0);
  set.writeBigUInt64LE(base + BigInt(2 * WORD_BYTES), WORD_BYTES);
  entries.forEach(([key, value], index) => {
    for (const [place, text] of [key, value].entries()) {
      const bytes = Buffer.from(`${text}\0`, 'utf8');
      block.hold(bytes);
      set.writeBigUInt64LE(koffi.address(bytes), WORD_BYTES * (2 * (index + 1) + place));
    }
  });
  block.hold(set);
  return base;
}
