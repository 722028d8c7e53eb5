import type { Handle } from '../handle.js';
import { NULL, sharedBlock } from './block.js';
import { declare, lazily } from './library.js';
import { oids } from './oids.js';
import { check } from './status.js';

// Names: RFC 2743 section 2.4, RFC 2744 sections 5.10, 5.13, 5.16, 5.28.

/** How the text of a name is to be read. */
export type NameType = 'hostbased-service' | 'user' | 'principal';

const functions = lazily(() => ({
  importName: declare('gss_import_name', ['pointer', 'pointer', 'pointer', 'pointer']),
  displayName: declare('gss_display_name', ['pointer', 'pointer', 'pointer', 'pointer']),
  compareName: declare('gss_compare_name', ['pointer', 'pointer', 'pointer', 'pointer']),
  releaseName: declare('gss_release_name', ['pointer', 'pointer']),
}));

/** gss_import_name; the result must go to {@link releaseName}. */
export function importName(text: string, type: NameType, action: string): bigint {
  const block = sharedBlock();
  block.setInput(1, Buffer.from(text, 'utf8'));
  const major = functions().importName(block.minorAddress, block.addressOf(1), oids()[type], block.addressOf(3));
  check(major, block.minor, action);
  return block.pointer(3);
}

/** gss_display_name: the name as a Kerberos principal. */
export function displayName(name: bigint): string {
  const block = sharedBlock();
  const major = functions().displayName(block.minorAddress, name, block.addressOf(1), NULL);
  check(major, block.minor, 'Displaying a name');
  return block.takeOutput(1).toString('utf8');
}

/** gss_compare_name. */
export function namesAreEqual(one: Handle, other: Handle): boolean {
  const block = sharedBlock();
  const major = functions().compareName(block.minorAddress, one.pointer, other.pointer, block.addressOf(1));
  check(major, block.minor, 'Comparing two names');
  return block.uint32(1) !== 0;
}

/** gss_release_name. */
export function releaseName(name: bigint): void {
  if (name === NULL) return;
  const block = sharedBlock();
  block.setPointer(1, name);
  functions().releaseName(block.minorAddress, block.addressOf(1));
}
