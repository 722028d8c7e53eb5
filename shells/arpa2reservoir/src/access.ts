import type { CommandDefinition } from '@arpa2amqp/shell';
import type { ReservoirSession } from './reservoir-session.js';

/** A command of this shell. */
export type ReservoirCommand = CommandDefinition<ReservoirSession>;

/**
 * Class of the reservoir as a whole; it has no instances. Needed by every form of a command whose words do not name the domain or
 * collection that it looks at or changes: the current index, all domains, several at once. See ADR 0019.
 */
export const WHOLE_CLASS = 'arpa2reservoir';

/** Class of domains with their index; instances are domains, `example.com`. */
export const DOMAIN_CLASS = 'arpa2reservoir.domain';

/**
 * Class of collections with their index and resources. Instances are the UUIDs of collections and, asked behind them where a
 * command names it, domains, for the collections that have no list of their own.
 */
export const COLLECTION_CLASS = 'arpa2reservoir.collection';

/** The instance of a domain. The commands refuse whatever `lower` alone does not make canonical. */
export const DOMAIN = '<domain:lower>';
/** The instance of a collection. */
export const COLLECTION = '<colluuid:lower>';

/** What every command says of these variables. */
export const HELP = {
  domain: 'Name of the domain, such as example.com',
  colluuid: 'UUID of the collection',
} as const;
