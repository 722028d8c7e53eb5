import type { Entry } from '@arpa2amqp/directory';
import type { Call } from '@arpa2amqp/shell';
import { ShellError } from '@arpa2amqp/shell';
import { domainPath, identityOf, keyOf, principalPath, type PrincipalKind } from './identity-path.js';
import type { IdentityStore } from './identity-store.js';
import { printList } from './listing.js';
import { domainName, freeText, localName } from './names.js';
import { removeEntry } from './removal.js';

/** What users, groups and roles have in common. */
export interface PrincipalWords {
  readonly kind: PrincipalKind;
  /** The variable that holds the name. */
  readonly variable: string;
  /** Member of the answer that lists them. */
  readonly plural: string;
}

/** Does what `add`, `del`, `mov` and `list` say. */
export async function runPrincipal(store: IdentityStore, call: Call, words: PrincipalWords): Promise<void> {
  const domain = domainName(call.value('domain'));
  if (call.has('list')) await list(store, call, domain, words);
  else if (call.has('add')) await add(store, call, domain, words);
  else if (call.has('mov')) await move(store, call, domain, words);
  else await remove(store, call, domain, words);
}

async function add(
  store: IdentityStore,
  call: Call,
  domain: string,
  { kind, variable }: PrincipalWords,
): Promise<void> {
  const path = principalPath(domain, kind, localName(call.value(variable), kind));
  const name = freeText(call.all('name'), 'name');
  await store.change(async (view) => {
    await view.free(path);
    return { changes: [{ op: 'add', path, values: { name: [name] } }], result: undefined };
  }, call.signal);
  call.json({ identity: identityOf(path) });
}

async function remove(store: IdentityStore, call: Call, domain: string, words: PrincipalWords): Promise<void> {
  const path = principalPath(domain, words.kind, localName(call.value(words.variable), words.kind));
  call.json(await removeEntry(store, { path, isForced: call.has('force'), signal: call.signal }));
}

/** Everything below goes with it, and who refers to it goes on to do so. */
async function move(store: IdentityStore, call: Call, domain: string, words: PrincipalWords): Promise<void> {
  const { kind, variable } = words;
  const path = principalPath(domain, kind, localName(call.value(variable), kind));
  const to = principalPath(domain, kind, localName(call.value(`new${variable}`), `new ${kind}`));
  if (keyOf(path) === keyOf(to)) throw new ShellError(`The ${kind} has this name already`);
  await store.change(async (view) => {
    await view.entry(path);
    await view.free(to);
    return { changes: [{ op: 'move', path, to }], result: undefined };
  }, call.signal);
  call.json({ identity: identityOf(to), before: identityOf(path) });
}

async function list(store: IdentityStore, call: Call, domain: string, words: PrincipalWords): Promise<void> {
  const { kind, variable, plural } = words;
  const rowsOf = (entries: readonly Entry[]): readonly object[] =>
    entries.map(({ path, values }) => ({ [variable]: keyOf(path), name: values['name']?.[0] }));
  await printList(store, call, { parent: domainPath(domain), kind, plural, rowsOf });
}
