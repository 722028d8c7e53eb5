export { AMQP_ERROR_CODES, AmqpError, type AmqpErrorCode } from './errors.js';
export type { Logger } from './logger.js';
export type { AmqpMessage, Delivery, Outcome, Peer } from './message.js';
export type { Incoming } from './incoming.js';
export type { ConnectionLimits } from './limits.js';
export type { AddressProfile, ProfileChoice, ProfileName } from './profile.js';
export type { PeerOpen } from './connection.js';
export type { ReconnectOptions } from './backoff.js';
export type { ClientTls } from './dial.js';
export type { ServerTls } from './listener.js';
export type { ClientSasl, GssapiSaslContext, ServerSasl } from './sasl.js';
export { openRequester, type Requester, type RequesterOptions } from './requester.js';
export {
  serve,
  type ConnectAt,
  type ListenAt,
  type ServeOptions,
  type Service,
  type ServiceState,
  type ServiceStats,
} from './service.js';
