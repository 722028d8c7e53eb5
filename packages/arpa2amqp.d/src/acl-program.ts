import { userInfo } from 'node:os';
import {
  accessListOf,
  AclStore,
  formatDocument,
  formatResource,
  parseIdentity,
  parseSelector,
  resourceOf,
  type Edit,
  type Resource,
} from '@arpa2amqp/acl';
import { BusError } from '@arpa2amqp/protocol';
import { parseAclCommandLine, type AclCommand, type AclPlaces } from './acl-command-line.js';
import { explainAccess, type AclOutcome } from './acl-explanation.js';
import { openLists } from './access-lists.js';
import { readConfigurationFile } from './configuration.js';
import type { DaemonConfig } from './generated/daemon-config.js';
import { listsIn, prepareStateDirectory } from './state-directory.js';

/**
 * Runs `arpa2amqp.d acl ...` on the lists of this host.
 *
 * @param argv - what follows on `acl`
 * @throws BusError `usage` or `config`, AclError
 */
export async function runAclProgram(argv: readonly string[], version: string): Promise<AclOutcome> {
  const { places, command } = parseAclCommandLine(argv, version);
  const config = await configOf(places);
  const { state } = config;
  if (command.kind === 'init') return await init(state, command.identity);
  await using store = await openLists(state);
  return await runOn(store, command, config);
}

async function configOf({ config, state, shells }: AclPlaces): Promise<DaemonConfig> {
  const file = config === undefined ? {} : await readConfigurationFile(config);
  return {
    ...file,
    ...(state === undefined ? {} : { state }),
    ...(shells === undefined ? {} : { shells: [...shells] }),
  };
}

async function init(state: string | undefined, text: string): Promise<AclOutcome> {
  const administrator = parseIdentity(text);
  if (state === undefined) {
    throw new BusError('usage', 'Name the directory for the access control lists with --state DIR or --config FILE');
  }
  await prepareStateDirectory(state);
  await using store = await AclStore.create(listsIn(state), administrator, author());
  return said(`Made ${listsIn(state)}\n${store.exportText().replace(/^#.*\n/, '')}`);
}

async function runOn(
  store: AclStore,
  command: Exclude<AclCommand, { kind: 'init' }>,
  config: DaemonConfig,
): Promise<AclOutcome> {
  switch (command.kind) {
    case 'grant':
    case 'revoke':
      return await change(store, command);
    case 'list':
      return list(store, command.words);
    case 'explain':
      return await explainAccess(store, { ...command, config });
  }
}

async function change(store: AclStore, command: AclCommand & { kind: 'grant' | 'revoke' }): Promise<AclOutcome> {
  const { kind, isForced } = command;
  const isFirst = kind === 'grant' ? (word: string) => word.startsWith('%') : (word: string) => word.includes('@');
  const { resource, words } = splitWords(command, isFirst);
  const edits: readonly Edit[] =
    kind === 'grant'
      ? Array.from(accessListOf(words), ([selector, rights]) => ({ kind, resource, selector, rights }))
      : words.map((word) => ({ kind, resource, selector: parseSelector(word) }));
  if (edits.length === 0) {
    const missing = kind === 'grant' ? 'rights and a selector, as in %RW user@example.com' : 'a selector';
    throw new BusError('usage', `Name what to ${kind} on ${formatResource(resource)}: ${missing}`);
  }
  const { changed } = await store.update(edits, { by: author(), isForced });
  return said(`${changed === 0 ? 'Nothing to change\n' : ''}${listText(store, resource)}`);
}

/** Who changes the lists, for their log and the audit log (`host-changes.ts`). */
function author(): string {
  return `host:${userInfo().username}`;
}

/** `<class> [<instance>] ...`: the second word is an instance unless it begins what follows. */
function splitWords(
  { words, instance }: { readonly words: readonly string[]; readonly instance: string | undefined },
  isFirst: (word: string) => boolean,
): { resource: Resource; words: readonly string[] } {
  const [className = '', second, ...rest] = words;
  if (instance !== undefined) return { resource: resourceOf(className, instance), words: words.slice(1) };
  if (second === undefined || isFirst(second)) return { resource: resourceOf(className), words: words.slice(1) };
  return { resource: resourceOf(className, second), words: rest };
}

function list(store: AclStore, words: readonly string[]): AclOutcome {
  const [className, instance, ...more] = words;
  if (more.length > 0) throw new BusError('usage', 'Name at most a class and an instance');
  if (className === undefined) return said(store.exportText());
  if (instance !== undefined) return said(listText(store, resourceOf(className, instance)));
  const lists = store.listResources(resourceOf(className).class).map((resource) => store.readList(resource));
  return said(lists.length === 0 ? `No entries for ${className}\n` : formatDocument({ groups: [], lists }));
}

function listText(store: AclStore, resource: Resource): string {
  const stored = store.readList(resource);
  if (stored.list.size === 0) return `No entries for ${formatResource(resource)}\n`;
  return formatDocument({ groups: [], lists: [stored] });
}

function said(text: string): AclOutcome {
  return { text, exitCode: 0 };
}
