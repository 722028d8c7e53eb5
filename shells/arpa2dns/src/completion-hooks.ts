import type { Candidates, CompletionHook, CompletionRequest } from '@arpa2amqp/shell';
import { serviceLabel } from './association.js';
import type { DnsSession } from './dns-session.js';
import { isInside, ownerName, written, zoneName } from './domain-name.js';
import { zoneDigits } from './enum-rule.js';
import type { KnotView } from './knot-view.js';
import { dataWords } from './record-data.js';
import { EDITABLE_TYPES, recordType } from './record-type.js';
import { PORTS, PROTOCOLS, RECORD_TYPES, SERVICE_FIELDS, TIMES } from './well-known.js';
import type { DnsRecord } from './zone-editor.js';

type Request = CompletionRequest<DnsSession>;

/** The names and values that the commands can be given now, from the server and from the registries. */
export function completionHooks(view: KnotView): Readonly<Record<string, CompletionHook<DnsSession>>> {
  return {
    zone: async (request) => await zones(view, request),
    fqdn: async (request) => await owners(view, request),
    owner: async (request) => await serviceOwners(view, request),
    rtype: async (request) => await types(view, request),
    rdata: async (request) => await data(view, request),
    port: async (request) => await ports(view, request),
    _proto: () => PROTOCOLS,
    ttl: () => TIMES,
    skip: (request) => skips(request),
    'service-field': () => SERVICE_FIELDS,
  };
}

async function zones(view: KnotView, { literals, signal }: Request): Promise<Candidates> {
  const [command, action] = literals;
  // One that is to be added is not there yet.
  if (command === 'zone' && action === 'add') return [];
  const names = await view.zones(signal);
  return names.map(written).filter((name) => command !== 'enum' || name.endsWith('.e164.arpa'));
}

async function owners(view: KnotView, request: Request): Promise<Candidates> {
  const zone = zoneOf(request);
  const records = await view.records(zone, request.signal);
  if (request.literals[0] !== 'acme') return ownerWords(records, zone, request.partial);
  const isAnswer = ({ owner, type }: DnsRecord): boolean => type === 'TXT' && owner.startsWith(CHALLENGE);
  const places = request.literals.includes('del')
    ? records.filter(isAnswer).map((record) => ({ ...record, owner: record.owner.slice(CHALLENGE.length) }))
    : records.filter(({ owner }) => !owner.startsWith('_'));
  return ownerWords(places, zone, request.partial);
}

const CHALLENGE = '_acme-challenge.';

async function serviceOwners(view: KnotView, request: Request): Promise<Candidates> {
  const zone = zoneOf(request);
  const records = await view.records(zone, request.signal);
  if (!request.literals.includes('del')) {
    const hosts = records.filter(({ owner }) => !/^[*_]/.test(owner));
    return ownerWords(hosts, zone, request.partial);
  }
  const service = `${request.values['port']?.[0] === '*' ? '*' : `_${request.values['port']?.[0] ?? ''}`}.${protocol(request)}.`;
  const matching = records.filter(({ owner, type }) => type === 'TLSA' && owner.startsWith(service));
  return ownerWords(
    matching.map((record) => ({ ...record, owner: record.owner.slice(service.length) })),
    zone,
    request.partial,
  );
}

/** Owners as the commands take them, with the types that they have; absolute ones only when nothing else can be meant. */
function ownerWords(records: readonly DnsRecord[], zone: string, partial: string): Candidates {
  const types = new Map<string, Set<string>>([[zone, new Set()]]);
  for (const { owner, type } of records) {
    if (!isInside(owner, zone)) continue;
    const known = types.get(owner) ?? new Set();
    types.set(owner, known.add(type));
  }
  const entries = [...types].map(([owner, known]) => ({ owner, help: [...known].sort().join(' ') }));
  const relative = entries.map(({ owner, help }) => ({ value: ownerWord(owner, zone), help }));
  if (!partial.includes('.') || relative.some(({ value }) => value.startsWith(partial))) return relative;
  return entries.map(({ owner, help }) => ({ value: partial.endsWith('.') ? owner : written(owner), help }));
}

/** Relative to the zone where that means the same. */
function ownerWord(owner: string, zone: string): string {
  if (owner === zone) return '@';
  const relative = owner.slice(0, -zone.length - 1);
  try {
    if (ownerName(relative, zone) === owner) return relative;
  } catch {
    // Not a name that the commands take; that is for them to say.
  }
  return owner;
}

async function types(view: KnotView, request: Request): Promise<Candidates> {
  const isLower = request.partial !== '' && request.partial === request.partial.toLowerCase();
  const names = request.literals.includes('add') ? EDITABLE_TYPES : await presentTypes(view, request);
  return names.map((name) => ({ value: isLower ? name.toLowerCase() : name, help: RECORD_TYPES[name] ?? '' }));
}

async function presentTypes(view: KnotView, request: Request): Promise<readonly string[]> {
  const records = await ownRecords(view, request);
  return [...new Set(records.map(({ type }) => type))].filter(isEditable);
}

/** What the signer makes is refused by the commands. */
function isEditable(type: string): boolean {
  try {
    return recordType(type) === type;
  } catch {
    return false;
  }
}

/** The next word of the records that can be deleted. */
async function data(view: KnotView, request: Request): Promise<Candidates> {
  if (!request.literals.includes('del')) return [];
  const before = request.values['rdata'] ?? [];
  const type = recordType(request.values['rtype']?.[0] ?? '');
  const records = await ownRecords(view, request);
  return records
    .filter((record) => record.type === type)
    .map((record) => dataWords(record.data))
    .filter((words) => before.every((word, index) => word === words[index]))
    .flatMap((words) => words[before.length] ?? []);
}

async function ownRecords(view: KnotView, request: Request): Promise<readonly DnsRecord[]> {
  const zone = zoneOf(request);
  return await view.records(zone, request.signal, ownerName(request.values['fqdn']?.[0] ?? '', zone));
}

async function ports(view: KnotView, request: Request): Promise<Candidates> {
  const label = protocol(request);
  const known = PORTS[label] ?? [];
  if (!request.literals.includes('del')) return known;
  const found = new Set<string>();
  for (const { owner, type } of await view.records(zoneOf(request), request.signal)) {
    const [first = '', second] = owner.split('.', 2);
    if (type === 'TLSA' && second === label) found.add(first.replace(/^_/, ''));
  }
  return [...found].map((value) => known.find((port) => port.value === value) ?? value);
}

/** How many digits of the number stay out of the first group. */
function skips(request: Request): Candidates {
  const digits = zoneDigits(zoneOf(request));
  return Array.from(digits, (_, skip) => ({ value: String(skip), help: `\\1 is ${digits.slice(skip)}` }));
}

function protocol({ values }: Request): string {
  return serviceLabel(values['_proto']?.[0] ?? '');
}

/** The zone of the line. @throws ShellError when it is not a name */
function zoneOf({ values }: Request): string {
  return zoneName(values['zone']?.[0] ?? '');
}
