import type { Entry, Filter } from 'ldapts';
import type { LdapConnection } from './ldap-connection.js';
import { RESULT, isResult } from './ldap-failure.js';

type Scope = 'base' | 'one' | 'sub';

/** What is looked for. */
export interface Search {
  readonly scope: Scope;
  readonly filter: Filter;
  /** Without it, all there are. */
  readonly limit?: number;
}

/** Searches of one call, which find nothing below what is not there. */
export class LdapSearch {
  readonly #connection: LdapConnection;
  readonly #signal: AbortSignal | undefined;

  constructor(connection: LdapConnection, signal: AbortSignal | undefined) {
    this.#connection = connection;
    this.#signal = signal;
  }

  async find(dn: string, search: Search, attributes: string[]): Promise<readonly Entry[]> {
    const { scope, filter, limit } = search;
    if (scope !== 'base' && limit === undefined) {
      const entries: Entry[] = [];
      await this.findAll(dn, search, attributes, (page) => entries.push(...page));
      return entries;
    }
    const { timeLimit } = this.#connection;
    const options = { scope, filter, attributes, timeLimit, sizeLimit: limit ?? 1 };
    return await noneIfMissing(async () => {
      return (await this.#connection.run(async (client) => await client.search(dn, options))).searchEntries;
    });
  }

  /** @param take - gets one page after the other */
  async findAll(
    dn: string,
    { scope, filter }: Search,
    attributes: string[],
    take: (page: readonly Entry[]) => void,
  ): Promise<void> {
    const { timeLimit } = this.#connection;
    await noneIfMissing(async () => {
      await this.#connection.searchPaged(dn, { scope, filter, attributes, timeLimit }, take, this.#signal);
      return [];
    });
  }
}

async function noneIfMissing<T>(search: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await search();
  } catch (error) {
    if (isResult(error, RESULT.noSuchObject)) return [];
    throw error;
  }
}
