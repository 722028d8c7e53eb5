export { readConfigurationFile, resolveConfiguration, type Configuration, type Transport } from './configuration.js';
export { Daemon } from './daemon.js';
export type { DaemonConfig } from './generated/daemon-config.js';
export { createLog, type LogLevel } from './log.js';
