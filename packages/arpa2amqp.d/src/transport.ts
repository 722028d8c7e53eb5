import type { ClientSasl, ConnectAt, ListenAt, ServerSasl } from '@arpa2amqp/amqp';
import { BusError } from '@arpa2amqp/protocol';
import { acceptLogin, initiateLogin } from '@arpa2amqp/session';
import { readPasswordFile, readSettingFile } from '@arpa2amqp/shell';
import type { Configuration } from './configuration.js';

/**
 * Turns the configured transport into what the AMQP layer takes, reading certificates and passwords.
 *
 * @throws BusError `config` when a file cannot be read or a setting does not fit the transport
 */
export async function transportOf(configuration: Configuration): Promise<ListenAt | ConnectAt> {
  const { transport } = configuration;
  return 'listen' in transport
    ? await listenAt(transport.listen, configuration)
    : await connectAt(transport.connect, configuration);
}

async function listenAt(listen: string, { tls, sasl, keytab }: Configuration): Promise<ListenAt> {
  if (sasl?.user !== undefined || sasl?.passwordFile !== undefined) {
    throw new BusError(
      'config',
      '"sasl.user" and "sasl.passwordFile" are for --connect; a listener takes no passwords',
    );
  }
  const certificates = await readTls(tls);
  return {
    listen,
    ...(certificates?.cert === undefined || certificates.key === undefined
      ? {}
      : {
          tls: {
            cert: certificates.cert,
            key: certificates.key,
            ...(certificates.ca === undefined
              ? {}
              : { ca: certificates.ca, requestCert: true, rejectUnauthorized: true }),
          },
        }),
    ...(sasl?.mechanisms === undefined ? {} : { sasl: serverSasl(sasl.mechanisms, keytab) }),
  };
}

function serverSasl(mechanisms: readonly string[], keytab: string | undefined): ServerSasl {
  return {
    ...(mechanisms.includes('ANONYMOUS') ? { anonymous: true } : {}),
    ...(mechanisms.includes('EXTERNAL') ? { external: ({ subject }) => commonName(subject.CN) } : {}),
    ...(mechanisms.includes('GSSAPI') ? { gssapi: { accept: async () => await acceptLogin(keytab) } } : {}),
  };
}

/** TLS has verified the certificate against our authorities; its name is for the log only. */
function commonName(name: string | string[] | undefined): string | null {
  return (Array.isArray(name) ? name[0] : name) ?? null;
}

async function connectAt(connect: string, { tls, sasl, keytab, profile }: Configuration): Promise<ConnectAt> {
  const certificates = await readTls(tls);
  const logins = await clientSasl(new URL(connect), sasl, keytab);
  return {
    connect,
    ...(certificates === undefined ? {} : { tls: certificates }),
    ...(logins.length === 0 ? {} : { sasl: logins }),
    ...(profile === undefined ? {} : { profile }),
  };
}

/** The daemon logs in as the service whose key the keytab holds; the ticket for that stays in memory. */
function keyStore(keytab: string | undefined): { client_keytab: string; ccache: string } | undefined {
  return keytab === undefined ? undefined : { client_keytab: keytab, ccache: 'MEMORY:arpa2amqp.d' };
}

async function clientSasl(url: URL, sasl: Configuration['sasl'], keytab: string | undefined): Promise<ClientSasl[]> {
  if ((sasl?.user === undefined) !== (sasl?.passwordFile === undefined)) {
    throw new BusError('config', '"sasl.user" and "sasl.passwordFile" go together');
  }
  const logins: ClientSasl[] = [];
  for (const mechanism of sasl?.mechanisms ?? []) {
    logins.push(
      mechanism === 'GSSAPI'
        ? { mechanism, initiate: async () => await initiateLogin(url.hostname, keyStore(keytab)) }
        : { mechanism },
    );
  }
  if (sasl?.user !== undefined && sasl.passwordFile !== undefined) {
    logins.push({ mechanism: 'PLAIN', username: sasl.user, password: await readPasswordFile(sasl.passwordFile) });
  }
  return logins;
}

async function readTls(tls: Configuration['tls']): Promise<{ cert?: Buffer; key?: Buffer; ca?: Buffer } | undefined> {
  if (tls === undefined) return undefined;
  const { certificate, key, ca } = tls;
  if ((certificate === undefined) !== (key === undefined)) {
    throw new BusError('config', '"tls.certificate" and "tls.key" go together');
  }
  return {
    ...(certificate === undefined ? {} : { cert: await readSettingFile(certificate, 'the certificate') }),
    ...(key === undefined ? {} : { key: await readSettingFile(key, 'the key of the certificate') }),
    ...(ca === undefined ? {} : { ca: await readSettingFile(ca, 'the certificates of the authorities') }),
  };
}
