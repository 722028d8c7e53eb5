import { createHash } from 'node:crypto';
import type { ClientSasl, RequesterOptions } from '@arpa2amqp/amqp';
import {
  BusError,
  DEFAULT_LIMITS,
  DocumentValidator,
  parseService,
  type Limits,
  type ServiceName,
} from '@arpa2amqp/protocol';
import { initiateLogin } from '@arpa2amqp/session';
import { clientOptionsSchema, type ClientOptionsDocument } from './generated/client-options.js';
import { SILENT, type Logger } from './logger.js';

type TransportOptions = Pick<RequesterOptions, 'tls' | 'sasl' | 'profile'>;

/** How to log in at a broker or a listening daemon. The batches themselves are authenticated whatever this says. */
export type LoginOptions =
  | { readonly mechanism: 'ANONYMOUS' | 'EXTERNAL' | 'GSSAPI' }
  | { readonly mechanism: 'PLAIN'; readonly username: string; readonly password: string };

/** Limits that a client has a say in; the others are the host's. */
export type ClientLimits = Pick<Limits, 'maxMessageBytes' | 'maxCommands' | 'maxDepth' | 'maxStdinBytes' | 'maxLifeMs'>;

/** Options of `connect`. */
export interface ConnectOptions extends Omit<TransportOptions, 'sasl'> {
  /**
   * `amqp://` or `amqps://` URL of a broker or of a listening daemon, with `user:password@` where it wants them.
   * Default `amqp://127.0.0.1:5672`.
   */
  readonly url?: string;
  /** Kerberos credentials cache, such as `FILE:/tmp/krb5cc_1000`. Default: as libkrb5 finds it. */
  readonly ccache?: string;
  /**
   * Keytab with a key of the caller, for programs that nobody types a password to: tickets are got with it, and got anew
   * before they end. They stay in the memory of this process unless `ccache` says where.
   */
  readonly keytab?: string;
  /** Principal of the keytab or cache to act as, such as `arpa2amqp/host.arpa2.net`. Default: the first of the keytab. */
  readonly principal?: string;
  /** How to log in. Default: PLAIN for a URL with a user, EXTERNAL for a TLS certificate, else ANONYMOUS. */
  readonly sasl?: LoginOptions;
  /** The service of every host, `<service>@<host>`. Default: follows from the address of each. */
  readonly service?: string;
  /** How long a batch is good, in milliseconds, unless told with the batch. Default 30,000. */
  readonly timeoutMs?: number;
  /** Time limit of one attempt to connect, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Authenticate the host before the first batch is sent. Default false: its first answer proves it. */
  readonly isMutual?: boolean;
  /** Speak the protocol of the original arpa2shell, one batch at a time. Default false. */
  readonly isRaw?: boolean;
  /** Limits that differ from `DEFAULT_LIMITS` of the protocol. */
  readonly limits?: Partial<ClientLimits>;
  /** Default: silence. */
  readonly logger?: Logger;
  /**
   * Told when the connection is lost and when there is one again; what is pending is sent again by itself. Must not throw
   * and takes no time.
   */
  readonly onConnection?: (state: 'up' | 'down') => void;
  /** Gives up connecting. Later it has no effect. */
  readonly signal?: AbortSignal;
}

/** Checked options with every default filled in. */
export interface ResolvedClientOptions {
  readonly url: string;
  /** As the session takes it: whose tickets are used, and where they are. */
  readonly caller: { readonly ccache?: string; readonly keytab?: string; readonly principal?: string };
  readonly service: ServiceName | undefined;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly isMutual: boolean;
  readonly isRaw: boolean;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly onConnection: (state: 'up' | 'down') => void;
  readonly signal: AbortSignal | undefined;
  readonly transport: TransportOptions;
}

const DEFAULT_URL = 'amqp://127.0.0.1:5672';

const validator = new DocumentValidator<ClientOptionsDocument>(clientOptionsSchema, 'usage');

/**
 * Checks the options of a client.
 *
 * @throws BusError `usage`, naming the key and, for an unknown one, the likely one
 */
export function resolveClientOptions(options: ConnectOptions): ResolvedClientOptions {
  const { logger = SILENT, onConnection = () => undefined, signal, ...document } = options;
  validator.check(document, 'The options of the client');
  const limits = Object.freeze({ ...DEFAULT_LIMITS, ...options.limits });
  const timeoutMs = options.timeoutMs ?? 30_000;
  if (timeoutMs > limits.maxLifeMs) {
    throw new BusError('usage', `"timeoutMs" must be at most ${limits.maxLifeMs}, the longest life of a batch`);
  }
  const { tls, sasl, profile } = options;
  const caller = callerOf(options);
  const url = options.url ?? DEFAULT_URL;
  return Object.freeze({
    url,
    caller,
    service: options.service === undefined ? undefined : parseService(options.service),
    timeoutMs,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    isMutual: options.isMutual ?? false,
    isRaw: options.isRaw ?? false,
    limits,
    logger,
    onConnection,
    signal,
    transport: Object.freeze({
      ...(tls === undefined ? {} : { tls }),
      ...(sasl === undefined ? {} : { sasl: loginWith(sasl, url, caller) }),
      ...(profile === undefined ? {} : { profile }),
    }),
  });
}

/** Tickets got with a keytab are in a cache of their own in memory, one for each keytab and principal. */
function callerOf({ ccache, keytab, principal }: ConnectOptions): ResolvedClientOptions['caller'] {
  const inMemory = (file: string): string =>
    `MEMORY:arpa2amqp-${createHash('sha256')
      .update(JSON.stringify([file, principal]))
      .digest('hex')}`;
  const cache = ccache ?? (keytab === undefined ? undefined : inMemory(keytab));
  return Object.freeze({
    ...(cache === undefined ? {} : { ccache: cache }),
    ...(keytab === undefined ? {} : { keytab }),
    ...(principal === undefined ? {} : { principal }),
  });
}

function loginWith(sasl: LoginOptions, url: string, caller: ResolvedClientOptions['caller']): ClientSasl {
  if (sasl.mechanism !== 'GSSAPI') return sasl as ClientSasl;
  const { ccache, keytab, principal } = caller;
  const store = {
    ...(ccache === undefined ? {} : { ccache }),
    ...(keytab === undefined ? {} : { client_keytab: keytab }),
  };
  return { mechanism: 'GSSAPI', initiate: async () => await initiateLogin(new URL(url).hostname, store, principal) };
}
