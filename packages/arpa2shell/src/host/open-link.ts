import { readFile } from 'node:fs/promises';
import { BusError, quoted } from '@arpa2amqp/protocol';
import type { Settings } from '../cli/settings.js';
import type { HostLink } from './host-link.js';
import type { TicketDesk } from './ticket-desk.js';

/**
 * Makes the way to the host that was settled. Nothing is sent yet.
 *
 * @throws BusError `usage` when the certificates cannot be read
 */
export async function openLink(host: Settings['host'], tickets: TicketDesk): Promise<HostLink> {
  if (host.kind === 'local') {
    const { LocalLink } = await import('./local-link.js');
    return new LocalLink({ shells: host.shells, timeoutMs: host.timeoutMs, tickets });
  }
  const { BusLink } = await import('./bus-link.js');
  const tls = host.ca === undefined ? {} : { tls: { ca: await readCertificates(host.ca) } };
  return new BusLink({ to: host.to, connection: { ...host.connection, ...tls }, tickets });
}

async function readCertificates(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new BusError('usage', `Cannot read ${quoted(file)}: ${code ?? String(cause)}`, { cause });
  }
}
