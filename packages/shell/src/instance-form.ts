import { dnsHost, dnsLabel, dnsName, dnsRecord, dnsType, dnsZone } from './dns-form.js';

/** How the value of a variable becomes part of the name of a resource, so that one thing has one name. */
export interface InstanceForm {
  /** For a refusal: "... is no". */
  readonly what: string;
  /** What the other variable is that the form needs; absent when it needs none. */
  readonly other?: string;
  /** True when nothing in what comes out can pose as another part of the name, whatever goes in. */
  readonly isClosed: boolean;
  /** The one name; null when the value is none. */
  canonical(value: string, other: string): string | null;
}

/** The forms by name. They run in the daemon, which must not wait for a shell to know what a command is about. */
export const INSTANCE_FORMS: Readonly<Record<string, InstanceForm>> = {
  lower: { what: 'name of a resource', isClosed: false, canonical: lowered },
  'dns-zone': { what: 'name of a zone', isClosed: true, canonical: dnsZone },
  'dns-name': { what: 'name in the zone', other: 'zone', isClosed: true, canonical: dnsName },
  'dns-host': { what: 'name in the zone', other: 'zone', isClosed: true, canonical: dnsHost },
  'dns-label': { what: 'port or protocol', isClosed: true, canonical: dnsLabel },
  'dns-record': {
    what: 'record type for this data: that of MX, SRV and others begins with a priority',
    other: 'data...',
    isClosed: true,
    canonical: dnsRecord,
  },
  'dns-type': { what: 'record type', isClosed: true, canonical: dnsType },
};

/** ASCII only: what else changes its case is another character, and no name of a resource at all. */
function lowered(value: string): string {
  return value.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
