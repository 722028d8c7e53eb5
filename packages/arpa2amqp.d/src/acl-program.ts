import {
  accessListOf,
  AclStore,
  formatDocument,
  formatEntrySelector,
  formatResource,
  parseEntrySelector,
  parseIdentity,
  resourceOf,
  type Edit,
  type Resource,
} from '@arpa2amqp/acl';
import { BusError } from '@arpa2amqp/protocol';
import { parseAclCommandLine, type AclCommand, type AclPlaces } from './acl-command-line.js';
import { explainAccess, type AclOutcome } from './acl-explanation.js';
import { changeLog } from './acl-log.js';
import { openLists } from './access-lists.js';
import { readConfigurationFile } from './configuration.js';
import type { DaemonConfig } from './generated/daemon-config.js';
import { hostAuthor } from './host-author.js';
import { listsIn, prepareStateDirectory } from './state-directory.js';

type EditCommand = AclCommand & { kind: 'grant' | 'revoke' };

/** The exit code when there is nothing to revoke. */
const NO_ENTRY = 1;

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
  await using store = await AclStore.create(listsIn(state), administrator, hostAuthor());
  return said(`Made ${listsIn(state)}\n${store.exportText().replace(/^#.*\n/, '')}`);
}

async function runOn(
  store: AclStore,
  command: Exclude<AclCommand, { kind: 'init' }>,
  config: DaemonConfig,
): Promise<AclOutcome> {
  switch (command.kind) {
    case 'grant':
      return await grant(store, command);
    case 'revoke':
      return await revoke(store, command);
    case 'list':
      return list(store, command.words);
    case 'log':
      return said(changeLog(store, command));
    case 'explain':
      return await explainAccess(store, { ...command, config });
  }
}

async function grant(store: AclStore, command: EditCommand): Promise<AclOutcome> {
  const { resource, words } = splitWords(command, (word) => word.startsWith('%'));
  const edits = Array.from(accessListOf(words), ([selector, rights]): Edit => {
    return { kind: 'grant', resource, selector, rights };
  });
  if (edits.length === 0)
    throw nothingNamed(`grant on ${formatResource(resource)}: rights and a selector, as in %RW user@example.com`);
  const { changed } = await store.update(edits, { by: hostAuthor(), isForced: command.isForced });
  return said(`${changed === 0 ? 'Nothing to change\n' : ''}${listText(store, resource)}`);
}

/** An entry that is not there is told: a slip must not look like a right that was taken away. */
async function revoke(store: AclStore, command: EditCommand): Promise<AclOutcome> {
  const { resource, words } = splitWords(command, (word) => word.includes('@'));
  const selectors = words.map(parseEntrySelector);
  if (selectors.length === 0) throw nothingNamed(`revoke on ${formatResource(resource)}: a selector`);
  const { list } = store.readList(resource);
  const stray = selectors.find((selector) => !list.has(selector));
  if (stray !== undefined) {
    const what = `Nothing was changed: ${formatResource(resource)} has no entry for exactly ${formatEntrySelector(stray)}`;
    return { text: `${what}\n${listText(store, resource)}`, exitCode: NO_ENTRY };
  }
  const edits = selectors.map((selector): Edit => ({ kind: 'revoke', resource, selector }));
  await store.update(edits, { by: hostAuthor(), isForced: command.isForced });
  return said(listText(store, resource));
}

function nothingNamed(what: string): BusError {
  return new BusError('usage', `Name what to ${what}`);
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
