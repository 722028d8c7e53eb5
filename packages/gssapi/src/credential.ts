import { untilAborted } from './abort.js';
import { GssError } from './gss-error.js';
import { Handle } from './handle.js';
import { Lifetime } from './lifetime.js';
import { handleOfName } from './name.js';
import type { Name } from './name.js';
import { acquireCredential, INDEFINITE, releaseCredential } from './raw/credentials.js';
import type { AcquiredCredential, CredentialStore, CredentialUsage } from './raw/credentials.js';
import { NULL } from './raw/block.js';
import type { Side } from './raw/krb5-codes.js';

/** Options of {@link Credential.acquire}. */
export interface CredentialOptions {
  /** What the credential is for. */
  readonly usage: CredentialUsage;
  /** Whose it is; default: the cache's own principal, or for an acceptor any key of the keytab. */
  readonly name?: Name;
  /** Where keys and tickets are; default: the environment's and krb5.conf's. */
  readonly store?: CredentialStore;
  /** Life asked for in seconds, default as long as possible. */
  readonly lifetimeSeconds?: number;
  /** Stops waiting; a call that is running ends by itself later. */
  readonly signal?: AbortSignal;
}

const STORE_KEYS: readonly string[] = [
  'ccache',
  'keytab',
  'client_keytab',
  'rcache',
] satisfies (keyof CredentialStore)[];

/** The handle of a credential, for the other files of this package. */
let handleOfCredential: (credential: Credential) => Handle;
/** Takes over a credential that the library made. */
let adoptCredential: (acquired: AcquiredCredential, usage: CredentialUsage) => Credential;
export { adoptCredential, handleOfCredential };

/**
 * Keys or tickets to make contexts with. Acquire one per daemon or client and use it for all contexts: acquiring costs as much as a
 * context. Dispose it when done; contexts made with it live on.
 */
export class Credential {
  /** Principal whose credential it is; empty for an acceptor that may use any key of its keytab. */
  readonly name: string;
  /** What it is for. */
  readonly usage: CredentialUsage;
  readonly #handle: Handle;
  readonly #lifetime: Lifetime;

  static {
    handleOfCredential = (credential) => credential.#handle;
    adoptCredential = (acquired, usage) => new Credential(acquired, usage);
  }

  private constructor(acquired: AcquiredCredential, usage: CredentialUsage) {
    this.name = acquired.name;
    this.usage = usage;
    this.#handle = new Handle(acquired.pointer, 'credential', releaseCredential);
    this.#lifetime = new Lifetime(acquired.lifetimeSeconds);
  }

  /**
   * Acquires a credential for Kerberos 5 (gss_acquire_cred_from), off the main thread.
   * @throws GssError, e.g. `gss-no-credentials`, `gss-credentials-expired`, `gss-no-keytab`, `gss-no-kdc`.
   * @throws RangeError for a store entry that is empty, holds a NUL or has an unknown key.
   * @example
   * const credential = await Credential.acquire({ usage: 'accept', store: { keytab: '/etc/arpa2amqp.keytab', rcache: 'none:' } });
   */
  static async acquire(options: CredentialOptions): Promise<Credential> {
    const { usage, name, signal } = options;
    const store = options.store ?? {};
    checkStore(store);
    signal?.throwIfAborted();
    const handle = name === undefined ? null : handleOfName(name);
    const release = handle?.retain();
    const acquiring = acquireCredential({
      name: handle?.retainedPointer ?? NULL,
      usage,
      store,
      lifetimeSeconds: seconds(options.lifetimeSeconds),
      action: usage === 'accept' ? 'Acquiring the credential of a service' : 'Acquiring the credential of a client',
      signal,
    })
      .then((acquired) => new Credential(acquired, usage))
      .finally(release);
    return await untilAborted(acquiring, signal, () => {
      acquiring.then(
        (credential) => credential.dispose(),
        () => undefined,
      );
    });
  }

  /** Seconds left; Infinity when it does not end, as an acceptor's. */
  get lifetimeSeconds(): number {
    return this.#lifetime.seconds;
  }

  /** When it ends, to the second; null when it does not end, as an acceptor's. */
  get expires(): Date | null {
    return this.#lifetime.end;
  }

  /** Frees the credential as soon as no call uses it (gss_release_cred). Idempotent. */
  dispose(): void {
    this.#handle.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Checks that a credential fits a side before a call is spent on it. */
export function checkUsage(credential: Credential | undefined, side: Side): void {
  if (credential === undefined || credential.usage === 'both' || credential.usage === side) return;
  throw new GssError('gss-bad-call', `Using a credential for "${credential.usage}" to ${side}`);
}

/** A lifetime as the library takes it; default GSS_C_INDEFINITE. */
export function seconds(lifetime: number | undefined): number {
  if (lifetime === undefined || lifetime === Number.POSITIVE_INFINITY) return INDEFINITE;
  if (!Number.isInteger(lifetime) || lifetime < 1 || lifetime >= INDEFINITE) {
    throw new RangeError(
      `Asking for a lifetime of ${lifetime} seconds failed: it must be a whole number from 1 to ${INDEFINITE - 1}`,
    );
  }
  return lifetime;
}

function checkStore(store: CredentialStore): void {
  for (const [key, value] of Object.entries(store) as [string, unknown][]) {
    if (!STORE_KEYS.includes(key)) {
      throw new RangeError(
        `Acquiring a credential failed: the store has an unknown key ${JSON.stringify(key.slice(0, 100))}`,
      );
    }
    if (value === undefined) continue;
    if (typeof value !== 'string' || value === '' || value.includes('\0')) {
      throw new RangeError(
        `Acquiring a credential failed: the store's "${key}" must be a text without NUL that is not empty`,
      );
    }
  }
}
