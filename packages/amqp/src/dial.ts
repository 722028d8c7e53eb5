import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket, type ConnectionOptions } from 'node:tls';
import { Connection } from './connection.js';
import { before } from './deadline.js';
import { isLoopback, parseEndpoint, type Endpoint } from './endpoint-url.js';
import { AmqpError, type AmqpErrorCode } from './errors.js';
import type { ConnectionLimits } from './limits.js';
import type { Logger } from './logger.js';
import type { ClientSasl } from './sasl.js';
import { logIn } from './sasl-client.js';
import { Wire } from './wire.js';

/** TLS settings of a client: `ca`, `cert`, `key`, `servername` and so on, as Node's `tls.connect` takes them. */
export type ClientTls = ConnectionOptions;

/** Whom to call, and how. */
export interface DialOptions {
  readonly url: string;
  readonly tls?: ClientTls | undefined;
  /** Ways to log in, by preference. Default: PLAIN for a URL with a name, EXTERNAL for a TLS certificate, else ANONYMOUS. */
  readonly sasl?: ClientSasl | readonly ClientSasl[] | undefined;
  readonly limits: ConnectionLimits;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

const SYSTEM_CODES: Readonly<Record<string, AmqpErrorCode>> = {
  ECONNREFUSED: 'amqp-refused',
  ENOTFOUND: 'amqp-unreachable',
  EAI_AGAIN: 'amqp-unreachable',
  EAI_NODATA: 'amqp-unreachable',
  EHOSTUNREACH: 'amqp-unreachable',
  EHOSTDOWN: 'amqp-unreachable',
  ENETUNREACH: 'amqp-unreachable',
  ENETDOWN: 'amqp-unreachable',
  EADDRNOTAVAIL: 'amqp-unreachable',
  EACCES: 'amqp-unreachable',
  ETIMEDOUT: 'amqp-timeout',
};

/** How TLS fails with a peer that does not speak it; one that does says so before it hangs up. */
const NO_TLS = new Set(['', 'ECONNRESET', 'EPIPE', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);

let dialled = 0;

function systemError(error: unknown, where: string, isTls: boolean): AmqpError {
  const { code = '' } = error as NodeJS.ErrnoException;
  const known = SYSTEM_CODES[code];
  const what = code === '' ? (error as Error).message : code;
  if (known === undefined && isTls && NO_TLS.has(code)) {
    const text = `Connect to ${where}: ${what}; does it speak TLS, or is it a port for amqp?`;
    return new AmqpError('amqp-not-amqp', text, { cause: error });
  }
  return new AmqpError(known ?? (isTls ? 'amqp-tls' : 'amqp-unreachable'), `Connect to ${where}: ${what}`, {
    cause: error,
  });
}

/** Our ways to log in, checked: nothing that gives a password away, and ANONYMOUS stays on this machine. */
function waysOf(options: DialOptions, endpoint: Endpoint): readonly ClientSasl[] {
  const { sasl, tls } = options;
  const { credentials, isTls, host } = endpoint;
  let ways: readonly ClientSasl[];
  if (sasl !== undefined) ways = 'mechanism' in sasl ? [sasl] : sasl;
  else if (credentials !== null) ways = [{ mechanism: 'PLAIN', ...credentials }];
  else if (tls?.cert !== undefined) ways = [{ mechanism: 'EXTERNAL' }];
  else ways = [{ mechanism: 'ANONYMOUS' }];
  const isLocal = isLoopback(host);
  for (const { mechanism } of ways) {
    const isSafe =
      mechanism === 'GSSAPI' ||
      (mechanism === 'PLAIN' && (isTls || isLocal)) ||
      (mechanism === 'EXTERNAL' && isTls) ||
      (mechanism === 'ANONYMOUS' && isLocal);
    if (isSafe) continue;
    const needs = mechanism === 'ANONYMOUS' ? 'a loopback address; choose another mechanism' : 'amqps';
    throw new AmqpError('amqp-bad-options', `Log in by ${mechanism} to ${host}: this needs ${needs}`);
  }
  return ways;
}

async function openSocket(endpoint: Endpoint, options: DialOptions): Promise<Socket> {
  const { host, port, isTls } = endpoint;
  const { signal, limits } = options;
  let socket: Socket;
  if (isTls) {
    const name = options.tls?.servername ?? (isIP(host) === 0 ? host : undefined);
    socket = connectTls({ ...options.tls, host, port, ...(name === undefined ? {} : { servername: name }) });
  } else {
    socket = connectTcp({ host, port });
  }
  const where = `${host} port ${port}`;
  const ready = new Promise<void>((resolve, reject) => {
    socket.once(isTls ? 'secureConnect' : 'connect', resolve);
    socket.once('error', (error) => {
      reject(systemError(error, where, isTls));
    });
    socket.once('close', () => {
      reject(systemError(new Error('the peer closed the connection'), where, isTls));
    });
  });
  try {
    const patience = { timeoutMs: limits.handshakeTimeoutMs, signal };
    await before(ready, patience, () => new AmqpError('amqp-timeout', `Connect to ${where}: no answer in time`));
    return socket;
  } catch (error) {
    socket.on('error', () => undefined); // the verdict is in
    socket.destroy();
    throw error;
  }
}

/**
 * Connects, logs in and opens.
 *
 * @throws AmqpError whose code tells what is wrong with the peer, or the signal's reason
 */
export async function dial(options: DialOptions): Promise<Connection> {
  const endpoint = parseEndpoint(options.url);
  const ways = waysOf(options, endpoint);
  const { limits, logger, signal } = options;
  const { host, port, isTls } = endpoint;
  const startedMs = Date.now();
  const socket = await openSocket(endpoint, options);
  const wire = new Wire(socket, limits);
  const patience = { timeoutMs: Math.max(1, limits.handshakeTimeoutMs - (Date.now() - startedMs)), signal };
  const where = `${host} port ${port}`;
  try {
    const login = logIn(wire, ways, host);
    const mechanism = await before(
      login,
      patience,
      () => new AmqpError('amqp-timeout', `Log in to ${where}: no answer in time; is it an AMQP port?`),
    );
    const isUnverified = socket instanceof TLSSocket && !socket.authorized;
    logger.debug({ host, port, mechanism, isUnverified }, 'amqp logged in');
    dialled += 1;
    const peer = {
      connectionId: `out-${dialled}`,
      mechanism,
      identity: null,
      remoteAddress: socket.remoteAddress ?? host,
      encrypted: isTls,
    };
    return await Connection.open({ wire, role: 'client', peer, limits, logger, hostname: host }, patience);
  } catch (error) {
    wire.destroy();
    // The wire does not know whom it speaks to; a person wants to.
    if (!(error instanceof AmqpError) || error.code !== 'amqp-not-amqp') throw error;
    throw new AmqpError(error.code, `Log in to ${where}: ${error.message}`, { cause: error });
  }
}
