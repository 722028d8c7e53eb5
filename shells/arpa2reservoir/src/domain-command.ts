import { NAMED_PART_HELP, NAMED_PART_SPEC, PART_TYPES, partRequest, type Entry } from '@arpa2amqp/directory';
import { quoted } from '@arpa2amqp/protocol';
import { DOMAIN, DOMAIN_CLASS, HELP, WHOLE_CLASS, type ReservoirCommand } from './access.js';
import { domainName } from './names.js';
import { planRemoval } from './removal.js';
import { refused } from './refusal.js';
import type { Reservoir } from './reservoir.js';
import { keyOf } from './reservoir-view.js';

/** `domain`: which domains have a reservoir. */
export function domainCommand(reservoir: Reservoir): ReservoirCommand {
  return {
    spec: `domain ( list ${NAMED_PART_SPEC} | add <newdomain> | del <domain> | del:del-several <domains> [...] )`,
    summary: 'List the domains, add one, or delete one or several',
    effect: 'change',
    needs: [
      { with: ['list'], rights: 'K', class: DOMAIN_CLASS },
      { with: ['add'], rights: 'C', class: DOMAIN_CLASS, instances: ['<newdomain:lower>'] },
      { with: ['del'], rights: 'D', class: DOMAIN_CLASS, instances: [DOMAIN] },
      { with: ['del-several'], rights: 'D', class: WHOLE_CLASS },
    ],
    reads: ['list'],
    types: PART_TYPES,
    help: {
      ...NAMED_PART_HELP,
      domain: 'Domains that have collections',
      list: 'Print the names of all domains',
      add: 'Add a domain, which has no collections yet',
      del: 'Delete a domain without collections, and its index',
      '<newdomain>': 'Name of the new domain, such as example.com',
      '<domain>': HELP.domain,
      '<domains>': HELP.domain,
    },
    run: async (call) => {
      if (call.has('list')) {
        const request = partRequest(call, domainName);
        const { rows, ...more } = await reservoir.read(
          async (view) => await view.part([], 'domain', request, (entry) => keyOf(entry, 'domain')),
          call.signal,
        );
        call.json({ domains: rows, ...more });
      } else if (call.has('add')) {
        await addDomain(reservoir, domainName(call.value('newdomain')), call.signal);
      } else {
        const names = [...call.all('domain'), ...call.all('domains')].map(domainName);
        await reservoir.change(async (view) => {
          const domains: Entry[] = [];
          for (const name of names) domains.push(await view.domain(name));
          return await planRemoval(view, domains);
        }, call.signal);
      }
    },
  };
}

async function addDomain(reservoir: Reservoir, name: string, signal: AbortSignal): Promise<void> {
  await reservoir.change(async (view) => {
    if ((await view.entry([['domain', name]])) !== null) throw refused(`There is a domain ${quoted(name)} already`);
    return { changes: [{ op: 'add', path: [['domain', name]] }], result: undefined };
  }, signal);
}
