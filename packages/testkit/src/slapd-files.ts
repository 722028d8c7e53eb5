/** What the configuration of a slapd is made from. Paths are absolute. */
export interface SlapdLayout {
  readonly base: string;
  readonly adminDn: string;
  readonly database: string;
  readonly pidFile: string;
  readonly key: string;
  readonly certificate: string;
  readonly authority: string;
  /** LDIF files, in the order in which they need one another. */
  readonly schemas: readonly string[];
  /** Values of `olcDbIndex`. */
  readonly indexes: readonly string[];
}

const DEBIAN_SCHEMAS = ['core', 'cosine', 'inetorgperson'].map((name) => `/etc/ldap/schema/${name}.ldif`);

/** Whom slapd takes this process for on its UNIX socket, without a password. */
const peerDn = (): string =>
  `gidNumber=${process.getgid?.() ?? 0}+uidNumber=${process.getuid?.() ?? 0},cn=peercred,cn=external,cn=auth`;

/** The configuration in LDIF, for `slapadd -n 0`: a database that this process and the administrator may change, and nobody else read. */
export function slapdConfig(layout: SlapdLayout): string {
  const schemas = [...DEBIAN_SCHEMAS, ...layout.schemas].map((file) => `include: file://${file}`);
  const who = `by dn.exact="${peerDn()}" write by dn.exact="${layout.adminDn}" write`;
  return `dn: cn=config
objectClass: olcGlobal
cn: config
olcPidFile: ${layout.pidFile}
olcThreads: 2
olcTLSCACertificateFile: ${layout.authority}
olcTLSCertificateFile: ${layout.certificate}
olcTLSCertificateKeyFile: ${layout.key}

dn: cn=module{0},cn=config
objectClass: olcModuleList
cn: module{0}
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

${schemas.join('\n\n')}

dn: olcDatabase={0}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {0}config
olcAccess: to * by dn.exact="${peerDn()}" manage by * none

dn: olcDatabase={1}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {1}mdb
olcSuffix: ${layout.base}
olcDbDirectory: ${layout.database}
olcDbMaxSize: 268435456
olcDbNoSync: TRUE
olcLimits: dn.exact="${peerDn()}" size=unlimited
olcLimits: dn.exact="${layout.adminDn}" size=unlimited
olcAccess: to attrs=userPassword by anonymous auth by * none
olcAccess: to * ${who} by * none
${layout.indexes.map((index) => `olcDbIndex: ${index}`).join('\n')}
`;
}

/** The first entries: the base, the administrator, and many bases below it for tests that want one each. */
export function slapdEntries(base: string, adminDn: string, password: string, bases: readonly string[]): string {
  const units = bases.map((dn) => `dn: ${dn}\nobjectClass: organizationalUnit\nou: ${dn.slice(3, dn.indexOf(','))}\n`);
  return `dn: ${base}
objectClass: organization
o: ${base.slice(base.indexOf('=') + 1)}

dn: ${adminDn}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: admin
userPassword: ${password}

${units.join('\n')}`;
}
