import type { CommandDefinition } from '@arpa2amqp/shell';
import type { DaneSettings } from './association.js';

/** What the commands of one batch share. */
export interface DnsSession {
  /** Set by `dane config`, used by `dane add` and `dane del`. */
  dane: DaneSettings;
}

/** What every command says of its `<zone>`. */
export const ZONE_HELP = 'Name of the zone, or a telephone number such as +31201234567';

/**
 * The class of all that is asked of the access control lists. Its instances are zones, `orvelte.nep`, and records,
 * `www.orvelte.nep aaaa`; the zone is asked when the record has no entry.
 */
export const ZONE_CLASS = 'arpa2dns.zone';

/** The instance of a zone, after the variable that names it. */
export const ZONE = '<zone:dns-zone>';

/** A command of this shell. */
export type DnsCommand = CommandDefinition<DnsSession>;
