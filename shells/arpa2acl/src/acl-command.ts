import { onAll, onClass, type AclCommand } from './access.js';
import { exportLists, importLists } from './document-forms.js';
import { addEntries, deleteEntries, setEntries } from './edit-forms.js';
import type { Lists } from './lists.js';
import { publishLists, showHosts } from './publish-forms.js';
import type { Publisher } from './publisher.js';
import { answering } from './refusal.js';
import { listLists, showList, testAccess } from './view-forms.js';
import { HELP, TYPES } from './words.js';

const SPEC = [
  'acl list [<class> [<instance>]]',
  'acl show <class> [<instance>]',
  'acl test <identity> <class> <instance>',
  'acl add <class> <instance> [serial <serial>] [force] <rights> <selector> [...]',
  'acl del <class> <instance> [serial <serial>] [force] <selector> [...]',
  'acl set <class> <instance> [serial <serial>] [force] ( empty | <entry> [...] )',
  'acl export',
  'acl import [replace] [force]',
  'acl publish [<address> [...]]',
  'acl hosts',
].join(' | ');

/** `acl`: who may do what. */
export function aclCommand(lists: Lists, publisher: Publisher): AclCommand {
  return {
    spec: SPEC,
    summary: 'Show, test and edit access control lists, and send them to other hosts',
    effect: 'change',
    needs: [
      onClass('R', ['list', 'show', 'test']),
      onClass('W', ['add', 'del', 'set']),
      ...onAll('R', ['export', 'hosts']),
      ...onAll('W', ['import', 'publish']),
    ],
    reads: ['list', 'show', 'test', 'export', 'hosts'],
    types: TYPES,
    help: {
      ...HELP,
      acl: 'Who may do what',
      list: 'Print which lists there are',
      show: 'Print one list, as "acl set" takes it',
      test: 'Print which rights somebody holds, and which entry decides',
      add: 'Give selectors these rights, instead of those they had',
      del: 'Take entries out, whatever their rights',
      set: 'Replace a whole list; one that has entries only with its serial, or by force',
      empty: 'Take all entries out',
      export: 'Print all lists and groups as text',
      import: 'Take over lists and groups from text on standard input',
      replace: 'Take everything out that is not in the text',
      publish: 'Send all changes to other hosts now',
      hosts: 'Print which hosts have which changes',
      '<identity>': 'Such as john@example.com or +service@host.example.com',
      '<rights>': '% and letters of A all, R read, W write, C create, D delete, K know, O own',
      '<selector>': 'An identity, @example.com, @.example.com for those below it, or @. for everyone',
      '<entry>': 'Rights, then the selectors that have them: %RW john@example.com %R @.',
      '<address>': 'Of a host; all that are configured unless told',
    },
    run: answering(async (call) => {
      const store = await lists.open();
      if (call.has('publish')) await publishLists(publisher, store, call);
      else if (call.has('hosts')) showHosts(publisher, store, call);
      else await FORMS.find(([word]) => call.has(word))?.[1](store, call);
    }),
  };
}

const FORMS = [
  ['list', listLists],
  ['show', showList],
  ['test', testAccess],
  ['add', addEntries],
  ['del', deleteEntries],
  ['set', setEntries],
  ['export', exportLists],
  ['import', importLists],
] as const;
