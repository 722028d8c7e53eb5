export { createShell } from './arpa2dns.js';
export type { DaneSettings } from './association.js';
export type { DnsSession } from './dns-session.js';
export type { Arpa2DnsOptions } from './options.js';
