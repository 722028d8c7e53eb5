export { createShell } from './arpa2reservoir.js';
export type { Arpa2ReservoirOptions } from './options.js';
export type { ReservoirSession } from './reservoir-session.js';
