import { AclError } from './acl-error.js';
import type { Identity } from './identity.js';
import { formatResource, type Resource } from './resource.js';
import type { StoreReader } from './store-reader.js';

/** What was read before an edit, so that an edit by somebody else in between is found out. */
export type Expectation =
  { readonly resource: Resource; readonly serial: number } | { readonly group: Identity; readonly serial: number };

/** @throws AclError `acl-conflict` */
export function checkExpectation(reader: StoreReader, expectation: Expectation): void {
  const isGroup = 'group' in expectation;
  const serial = isGroup
    ? reader.groupRecord(expectation.group).serial
    : reader.listRecord(expectation.resource).serial;
  if (serial === expectation.serial) return;
  const name = isGroup ? expectation.group : formatResource(expectation.resource);
  const message = `Cannot change ${name}: it is at serial ${serial}, not ${expectation.serial} any more; look at it again and repeat the change`;
  throw new AclError('acl-conflict', message);
}
