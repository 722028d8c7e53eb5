import type { Client } from 'ldapts';
import { quoted } from '@arpa2amqp/protocol';
import { DirectoryError } from './directory-error.js';
import { ENTRY_CLASS } from './ldap-filter.js';
import { ID_ATTRIBUTE } from './ldap-tree.js';
import type { LdapConnection } from './ldap-connection.js';
import { RESULT, isResult } from './ldap-failure.js';
import type { KindTable } from './kind.js';

/** Paged results (RFC 2696) and assertions (RFC 4528). */
const CONTROLS = ['1.2.840.113556.1.4.319', '1.3.6.1.1.12'];

/**
 * Finds out whether the server is set up for these kinds: without its schema a search for what it does not know finds nothing,
 * instead of failing.
 *
 * @throws DirectoryError `directory-config`
 */
export async function checkServer(connection: LdapConnection, kinds: KindTable, base: string): Promise<void> {
  await checkBase(connection, base);
  const root = await read(connection, '', ['subschemaSubentry', 'supportedControl']);
  const controls = new Set(root.get('supportedcontrol'));
  const lacking = CONTROLS.filter((control) => !controls.has(control));
  if (lacking.length > 0) throw unfit(`it does not offer the controls ${lacking.join(', ')}; use another server`);
  const [subentry] = root.get('subschemasubentry') ?? [];
  const schema = subentry === undefined ? null : await read(connection, subentry, ['attributeTypes', 'objectClasses']);
  const known = new Set(
    [...(schema?.get('attributetypes') ?? []), ...(schema?.get('objectclasses') ?? [])].flatMap(namesIn),
  );
  if (known.size === 0) throw unfit('it does not let us read its schema; see docs/ldap.md');
  const unknown = namesOf(kinds).filter((name) => !known.has(name.toLowerCase()));
  if (unknown.length > 0) {
    throw unfit(`its schema lacks ${unknown.slice(0, 10).join(', ')}; load schemas/ldap/arpa2.ldif, see docs/ldap.md`);
  }
}

async function checkBase(connection: LdapConnection, base: string): Promise<void> {
  const search = async (client: Client): Promise<number> =>
    (await client.search(base, { scope: 'base', attributes: ['1.1'] })).searchEntries.length;
  let found = 0;
  try {
    found = await connection.run(search);
  } catch (error) {
    // 10: a referral, for what another server has.
    if (!isResult(error, RESULT.noSuchObject, 10)) throw error;
  }
  if (found === 0)
    throw unfit(`it has no base entry ${quoted(base)} that we may see; add it, or correct "base", see docs/ldap.md`);
}

async function read(connection: LdapConnection, dn: string, attributes: string[]): Promise<Map<string, string[]>> {
  const { searchEntries } = await connection.run(
    async (client) => await client.search(dn, { scope: 'base', attributes }),
  );
  return new Map(
    Object.entries(searchEntries[0] ?? {}).map(([name, values]) => [name.toLowerCase(), [values].flat().map(String)]),
  );
}

/** The names in a definition of RFC 4512, in lower case: `NAME 'cn'` or `NAME ( 'cn' 'commonName' )`. */
function namesIn(definition: string): string[] {
  const [, one, several = ''] = /\sNAME\s+(?:'([^']+)'|\(([^)]*)\))/.exec(definition) ?? [];
  const names = one === undefined ? Array.from(several.matchAll(/'([^']+)'/g), ([, name = '']) => name) : [one];
  return names.map((name) => name.toLowerCase());
}

function namesOf(kinds: KindTable): string[] {
  const all = [...kinds].flatMap(({ ldap }) => [...ldap.objectClasses, ldap.rdn, ...Object.values(ldap.attributes)]);
  return [...new Set([ENTRY_CLASS, ID_ATTRIBUTE, ...all])];
}

function unfit(what: string): DirectoryError {
  return new DirectoryError('directory-config', `The directory server cannot be used: ${what}`);
}
