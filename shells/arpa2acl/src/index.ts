export { createShell } from './arpa2acl.js';
export type { Arpa2AclOptions, PublishOptions } from './options.js';
