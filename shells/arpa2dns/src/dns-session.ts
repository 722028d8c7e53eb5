import type { CommandDefinition } from '@arpa2amqp/shell';
import type { DaneSettings } from './association.js';

/** What the commands of one batch share. */
export interface DnsSession {
  /** Set by `dane config`, used by `dane add` and `dane del`. */
  dane: DaneSettings;
}

/** What every command says of its `<zone>`. */
export const ZONE_HELP = 'Name of the zone, or a telephone number such as +31201234567';

/** A command of this shell. */
export type DnsCommand = CommandDefinition<DnsSession>;
