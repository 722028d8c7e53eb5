import { BusError } from '@arpa2amqp/protocol';
import { readPasswordFile, readSettingFile, type BrokerPlace } from '@arpa2amqp/shell';
import type { ConnectOptions, LoginOptions } from 'arpa2amqp';
import type { Destination, ResolvedOptions, TlsFiles } from './options.js';

/** How another host is reached. Nothing secret is in it but what the URL holds; passwords are in the files that it names. */
export interface Route {
  readonly url: string;
  readonly profile?: NonNullable<BrokerPlace['profile']>;
  readonly tls: TlsFiles;
  /** Ways to log in, in order; null: as the client chooses by the URL and the certificate. */
  readonly logins: readonly (LoginWay | null)[];
}

type LoginWay =
  | { readonly mechanism: 'ANONYMOUS' | 'EXTERNAL' | 'GSSAPI' }
  | { readonly mechanism: 'PLAIN'; readonly user: string; readonly passwordFile: string };

/** A {@link Route} with the files read. */
export type ReadRoute = Pick<ConnectOptions, 'profile' | 'tls'> & {
  readonly url: string;
  readonly logins: readonly (LoginOptions | null)[];
};

/**
 * The way to a host: the URL that is named with it, or the broker of this host as its daemon reaches it.
 *
 * @throws BusError `config` when there is none
 */
export function routeTo({ address, connect }: Destination, { broker, tls }: ResolvedOptions): Route {
  if (connect !== undefined) return { url: connect, tls, logins: hasUser(connect) ? [null] : [null, GSSAPI] };
  if (broker === undefined) {
    throw new BusError('config', `Cannot reach ${address}: name its URL as "connect" in "publish.to" of arpa2acl`);
  }
  const { connect: url, profile, tls: own = {}, sasl = {} } = broker;
  const { mechanisms = [], user, passwordFile } = sasl;
  const logins: LoginWay[] = mechanisms.map((mechanism) => ({ mechanism }));
  if (user !== undefined && passwordFile !== undefined) logins.push({ mechanism: 'PLAIN', user, passwordFile });
  return {
    url,
    ...(profile === undefined ? {} : { profile }),
    tls: { ...(tls.ca === undefined ? {} : { ca: tls.ca }), ...own },
    logins: logins.length === 0 ? [null] : logins,
  };
}

/** This host has a key wherever it goes. */
const GSSAPI: LoginWay = Object.freeze({ mechanism: 'GSSAPI' });

/** Reads certificates and passwords, anew for each connection: they are changed while the shell runs. @throws BusError `config` */
export async function readRoute({ url, profile, tls, logins }: Route): Promise<ReadRoute> {
  const { ca, certificate, key } = tls;
  const read = {
    ...(ca === undefined ? {} : { ca: await readSettingFile(ca, 'the certificates of the authorities') }),
    ...(certificate === undefined ? {} : { cert: await readSettingFile(certificate, 'the certificate') }),
    ...(key === undefined ? {} : { key: await readSettingFile(key, 'the key of the certificate') }),
  };
  return {
    url,
    ...(profile === undefined ? {} : { profile }),
    ...(Object.keys(read).length === 0 ? {} : { tls: read }),
    logins: await Promise.all(logins.map(readLogin)),
  };
}

async function readLogin(way: LoginWay | null): Promise<LoginOptions | null> {
  if (way?.mechanism !== 'PLAIN') return way;
  return { mechanism: 'PLAIN', username: way.user, password: await readPasswordFile(way.passwordFile) };
}

function hasUser(url: string): boolean {
  return URL.canParse(url) && new URL(url).username !== '';
}
