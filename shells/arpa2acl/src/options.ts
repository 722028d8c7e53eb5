import path from 'node:path';
import { BusError, DocumentValidator, parseAddress, quoted } from '@arpa2amqp/protocol';
import type { BrokerPlace, ShellPlace } from '@arpa2amqp/shell';

/** A host that the lists are sent to. */
export interface Destination {
  /** Canonical address. */
  readonly address: string;
  /** URL of its daemon, or of a broker; the broker of this host, with the login of its daemon, unless told. */
  readonly connect?: string;
}

/** How the lists go to other hosts; all of it may be left out. */
export interface PublishOptions {
  /** Hosts that get every change by themselves. */
  readonly to?: readonly Destination[];
  /** Keytab to authenticate with; that of the daemon unless told. */
  readonly keytab?: string;
  /** Principal of that keytab; the one of the daemon's service, in the default realm, unless told. */
  readonly principal?: string;
  /** File with the certificates of the authorities for `amqps:` URLs. */
  readonly ca?: string;
  /** Files with an own certificate and its key, to log in with at an `amqps:` URL (SASL EXTERNAL). */
  readonly certificate?: string;
  readonly key?: string;
  /** How often it is looked whether something has changed, in milliseconds. */
  readonly pollMs?: number;
  /** The longest pause before a host that did not answer is tried again, in milliseconds. */
  readonly retryMs?: number;
}

/** What the shell can be told in its configuration; all of it may be left out. */
export interface Arpa2AclOptions {
  /** File of the lists; `acl.mdb` in the daemon's state directory unless told. */
  readonly lists?: string;
  readonly publish?: PublishOptions;
}

/** With what this host goes to others. */
export interface Credentials {
  readonly keytab: string | undefined;
  readonly principal: string | undefined;
}

/** PEM files. */
export type TlsFiles = NonNullable<BrokerPlace['tls']>;

/** The options with everything filled in. */
export interface ResolvedOptions {
  readonly lists: string | undefined;
  /** The address of this host; undefined where no daemon runs the shell. */
  readonly own: string | undefined;
  readonly destinations: readonly Destination[];
  /** Where a host is reached that has no URL of its own; undefined when the daemon of this host listens itself. */
  readonly broker: BrokerPlace | undefined;
  /** For URLs of hosts. */
  readonly tls: TlsFiles;
  readonly credentials: Credentials;
  readonly pollMs: number;
  readonly retryMs: number;
}

const file = { type: 'string', pattern: '^/[^\\u0000]+$' } as const;
const text = { type: 'string', minLength: 1 } as const;

const VALIDATOR = new DocumentValidator<Arpa2AclOptions>(
  {
    type: 'object',
    additionalProperties: false,
    properties: {
      lists: file,
      publish: {
        type: 'object',
        additionalProperties: false,
        properties: {
          to: {
            type: 'array',
            maxItems: 1000,
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['address'],
              properties: { address: text, connect: { type: 'string', pattern: '^amqps?://' } },
            },
          },
          keytab: file,
          principal: text,
          ca: file,
          certificate: file,
          key: file,
          pollMs: { type: 'integer', minimum: 50, maximum: 3_600_000 },
          retryMs: { type: 'integer', minimum: 50, maximum: 86_400_000 },
        },
      },
    },
  },
  'config',
);

/**
 * Checks the options and fills in what was left out.
 *
 * @param place - of the host, as far as it is known
 * @throws BusError `config` or `invalid-address` that names what is wrong
 */
export function resolveOptions(options: unknown, place: ShellPlace): ResolvedOptions {
  const { lists, publish = {} } = VALIDATOR.check(options ?? {}, 'The configuration of arpa2acl');
  const { to = [], ca, certificate, key, pollMs = 1000, retryMs = 300_000 } = publish;
  const broker = place.transport !== undefined && 'connect' in place.transport ? place.transport : undefined;
  checkDestinations(to, place);
  if ((certificate === undefined) !== (key === undefined)) {
    throw new BusError('config', 'In "publish" of arpa2acl, "certificate" and "key" go together');
  }
  return Object.freeze({
    lists: lists ?? (place.state === undefined ? undefined : path.join(place.state, 'acl.mdb')),
    own: place.address,
    destinations: to,
    broker,
    tls: Object.freeze({
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { certificate }),
      ...(key === undefined ? {} : { key }),
    }),
    credentials: Object.freeze({
      keytab: publish.keytab ?? place.keytab,
      principal: publish.principal ?? place.service?.replace('@', '/'),
    }),
    pollMs,
    retryMs,
  });
}

function checkDestinations(to: readonly Destination[], { address: own, transport }: ShellPlace): void {
  const seen = new Set<string>();
  for (const { address, connect } of to) {
    parseAddress(address);
    if (address === own) throw wrong(address, 'is this host itself: leave it out');
    if (seen.has(address)) throw wrong(address, 'stands there twice: leave one out');
    seen.add(address);
    if (connect === undefined && transport !== undefined && 'listen' in transport) {
      throw wrong(address, 'has no "connect": this host uses no broker, so name the URL of the other');
    }
    if (connect !== undefined && !URL.canParse(connect)) throw wrong(address, 'has a "connect" that is no URL');
  }
}

function wrong(address: string, what: string): BusError {
  return new BusError('config', `In "publish.to" of arpa2acl, ${quoted(address)} ${what}`);
}
