export type { BatchOptions } from './batch-options.js';
export type { ClientLimits, ConnectOptions, LoginOptions } from './client-options.js';
export type { Client } from './client.js';
export { connect } from './connect.js';
export { parseDuration } from './duration.js';
export type { Logger } from './logger.js';
export { ticketStatus, type TicketStatus } from './ticket-status.js';
export { BusError, type Command, type Reply } from '@arpa2amqp/protocol';
