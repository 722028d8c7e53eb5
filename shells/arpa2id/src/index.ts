export { createShell } from './arpa2id.js';
export type { Arpa2IdOptions } from './options.js';
