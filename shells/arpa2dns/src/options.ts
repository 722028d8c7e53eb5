import { BusError, DocumentValidator } from '@arpa2amqp/protocol';
import type { KnotOptions } from './knot.js';

/** What the shell can be told in its configuration; all of it may be left out. */
export type Arpa2DnsOptions = Partial<KnotOptions>;

const DEFAULTS: KnotOptions = { socket: '/run/knot/knot.sock', timeoutMs: 5000 };

/** sun_path of a UNIX socket holds 108 bytes with its closing NUL. */
const MAX_PATH_BYTES = 107;

const VALIDATOR = new DocumentValidator<Arpa2DnsOptions>(
  {
    type: 'object',
    additionalProperties: false,
    properties: {
      socket: { type: 'string', pattern: '^/[^\\u0000]+$' },
      timeoutMs: { type: 'integer', minimum: 100, maximum: 600_000 },
    },
  },
  'config',
);

/**
 * Checks the options and fills in what was left out.
 * @throws BusError `config` that names the wrong or unknown option
 */
export function resolveOptions(options: unknown): KnotOptions {
  const checked = VALIDATOR.check(options ?? {}, 'The configuration of arpa2dns');
  if (Buffer.byteLength(checked.socket ?? '') > MAX_PATH_BYTES) {
    throw new BusError(
      'config',
      `The option "socket" of arpa2dns is longer than the ${MAX_PATH_BYTES} bytes of a socket's path`,
    );
  }
  return Object.freeze({ ...DEFAULTS, ...checked });
}
