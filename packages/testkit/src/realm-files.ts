/** What the configuration files of a realm are made from. */
export interface RealmLayout {
  readonly realm: string;
  /** Directory of the realm, absolute. */
  readonly directory: string;
  readonly port: number;
}

/** Another realm, whose services are known here. */
export type NeighbourLayout = Pick<RealmLayout, 'realm' | 'port'>;

/** The krb5.conf of a realm: no DNS anywhere, one KDC on loopback for it and for each of its neighbours. */
export function krb5Conf({ realm, port, directory }: RealmLayout, neighbours: readonly NeighbourLayout[] = []): string {
  const all = [{ realm, port }, ...neighbours];
  const kdcs = all.map(({ realm: name, port: at }) => `  ${name} = {\n    kdc = 127.0.0.1:${at}\n  }\n`).join('');
  const domains = all.map(({ realm: name }) => [name.toLowerCase(), name]);
  return `[libdefaults]
  default_realm = ${realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  rdns = false
  dns_canonicalize_hostname = false
  udp_preference_limit = 1
  forwardable = false
  ticket_lifetime = 10h
  default_ccache_name = FILE:${directory}/krb5cc
  default_keytab_name = FILE:${directory}/krb5.keytab
[realms]
${kdcs}[domain_realm]
${domains.map(([domain, name]) => `  ${domain} = ${name}\n  .${domain} = ${name}\n`).join('')}`;
}

/** The kdc.conf of a realm. */
export function kdcConf({ realm, port, directory }: RealmLayout): string {
  return `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${realm} = {
    database_name = ${directory}/principal
    key_stash_file = ${directory}/stash
    acl_file = ${directory}/kadm5.acl
    max_life = 1d
    max_renewable_life = 7d
    supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
  }
[logging]
  kdc = FILE:${directory}/kdc.log
  admin_server = FILE:${directory}/kadmin.log
  default = FILE:${directory}/krb5.log
`;
}
