import { Credential, Name } from '@arpa2amqp/gssapi';

/** Where the tickets of a caller are, or the key to get them with. All absent: as libkrb5 finds them. */
export interface CallerCredential {
  /** Credentials cache. */
  readonly ccache?: string;
  /** Keytab with a key of the caller: tickets are got, and got anew when they end, without a password. */
  readonly keytab?: string;
  /** Who the caller is, such as `arpa2amqp/host.arpa2.net`; the first of the keytab or that of the cache unless told. */
  readonly principal?: string;
}

/**
 * Acquires the credential of a caller; null when nothing is told of it, so that the library takes the process's default by itself.
 *
 * @throws GssError
 */
export async function acquireCaller({ ccache, keytab, principal }: CallerCredential): Promise<Credential | null> {
  if (ccache === undefined && keytab === undefined && principal === undefined) return null;
  using name = principal === undefined ? null : Name.import(principal, 'principal');
  return await Credential.acquire({
    usage: 'initiate',
    ...(name === null ? {} : { name }),
    store: {
      ...(ccache === undefined ? {} : { ccache }),
      ...(keytab === undefined ? {} : { client_keytab: keytab }),
    },
  });
}
