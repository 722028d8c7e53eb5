import { Credential, GssError, Name } from '@arpa2amqp/gssapi';
import { BusError, type ServiceName } from '@arpa2amqp/protocol';
import type { PeerStyle } from './opened.js';

/** Whose keys a host accepts with. */
export interface AcceptorKeys {
  readonly service: ServiceName;
  /** Keytab file; the default keytab unless told. */
  readonly keytab?: string | undefined;
  /** File of the replay cache for raw peers; where libkrb5 keeps such files unless told. */
  readonly replayCache?: string | undefined;
}

/**
 * The name of the replay cache, as the `rcache` key of MIT's credential store takes it. A redelivered first message
 * must be accepted by a restarted daemon, so frames are accepted without one: the journal is their protection. Raw
 * peers have no journal.
 */
function replayCache(style: PeerStyle, { replayCache: file }: AcceptorKeys): string {
  if (style === 'framed') return 'none:';
  return file === undefined ? 'dfl:' : `file2:${file}`;
}

/** The credentials of one service, for both styles of peers. */
export class AcceptorCredentials implements Disposable {
  readonly #credentials: Readonly<Record<PeerStyle, Credential>>;

  private constructor(credentials: Readonly<Record<PeerStyle, Credential>>) {
    this.#credentials = credentials;
  }

  /**
   * Acquires both.
   *
   * @throws BusError `config` when the keytab cannot be used
   */
  static async acquire(keys: AcceptorKeys): Promise<AcceptorCredentials> {
    const framed = await acquire(keys, 'framed');
    try {
      return new AcceptorCredentials({ framed, raw: await acquire(keys, 'raw') });
    } catch (error) {
      framed.dispose();
      throw error;
    }
  }

  /** The credential for a style of peers. */
  of(style: PeerStyle): Credential {
    return this.#credentials[style];
  }

  /** Frees both as soon as no context that is being set up needs them. Idempotent. */
  [Symbol.dispose](): void {
    this.#credentials.framed.dispose();
    this.#credentials.raw.dispose();
  }
}

async function acquire(keys: AcceptorKeys, style: PeerStyle): Promise<Credential> {
  const { service, keytab } = keys;
  try {
    using name = Name.service(service.service, service.host);
    const store = { rcache: replayCache(style, keys), ...(keytab === undefined ? {} : { keytab }) };
    return await Credential.acquire({ usage: 'accept', name, store });
  } catch (cause) {
    const why = cause instanceof GssError ? cause.message : String(cause);
    throw new BusError('config', `Cannot accept for ${service.service}@${service.host}: ${why}`, { cause });
  }
}
