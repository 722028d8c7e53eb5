import type { Client } from './client.js';
import { resolveClientOptions, type ConnectOptions } from './client-options.js';

/**
 * Connects to a broker, or to a daemon that listens itself. The security context with a host is opened when the first
 * batch goes there.
 *
 * @param options - all optional
 * @throws BusError `usage` for wrong options, `cannot-reach`, `refused` when the login is, `aborted`
 * @example
 * await using client = await connect({ url: 'amqp://127.0.0.1:5672' });
 * const [reply] = await client.run('/internetwide/arpa2.net/reservoir', [{ do_: 'arpa2dns whoami' }]);
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const resolved = resolveClientOptions(options);
  // AMQP is loaded when it is needed: who only looks at a ticket, such as a prompt, does not wait for it.
  const { Client: Opened } = await import('./client.js');
  return await Opened.open(resolved);
}
