import {
  AclError,
  parseGroup,
  parseIdentity,
  parseStoredGroup,
  parseStoredIdentity,
  type AclStore,
  type Edit,
  type GroupKind,
  type Identity,
} from '@arpa2amqp/acl';
import type { Call } from '@arpa2amqp/shell';
import { onAll, type AclCommand } from './access.js';
import type { Lists } from './lists.js';
import { Reach } from './reach.js';
import { answering, refused } from './refusal.js';
import { reportEdit } from './words.js';

/** `group` and `role`: names that stand for their members, whenever something is decided. */
export function groupCommand(kind: GroupKind, lists: Lists): AclCommand {
  const changes = ['add', 'del', 'join', 'leave'];
  return {
    spec:
      `${kind} list [<${kind}>] | ${kind} add <${kind}> | ${kind} del <${kind}> [force] | ` +
      `${kind} join <${kind}> <member> [...] | ${kind} leave <${kind}> [force] <member> [...]`,
    summary: `Add and delete ${kind}s, and say who belongs to them`,
    effect: 'change',
    needs: [...onAll('R', ['list']), ...onAll('W', changes)],
    reads: ['list'],
    help: {
      [kind]: kind === 'group' ? 'Names that stand for their members' : 'Names that stand for their occupants',
      list: `Print all ${kind}s, or one with its members`,
      add: `Make a ${kind} without members`,
      del: `Remove a ${kind} that no entry names any more`,
      join: 'Add members',
      leave: 'Take members out',
      force: 'Even if entries name it, or nobody is left who could edit the lists',
      [`<${kind}>`]: `Such as ${kind === 'group' ? 'staff' : 'postmaster'}@example.com`,
      '<member>': 'An identity, or another group or role',
    },
    run: answering(async (call) => {
      const store = await lists.open();
      if (call.has('list')) list(store, kind, call);
      else await change(store, kind, call);
    }),
  };
}

function list(store: AclStore, kind: GroupKind, call: Call<undefined>): void {
  const name = call.optional(kind);
  if (name === undefined) {
    const groups = store.listGroups().filter((group) => group.kind === kind);
    call.json({
      [`${kind}s`]: groups.map(({ group, serial, members }) => ({ [kind]: group, serial, members: members.length })),
    });
    return;
  }
  const { group, serial, members } = existing(store, kind, parseStoredGroup(name));
  call.json({ [kind]: group, serial, members });
}

async function change(store: AclStore, kind: GroupKind, call: Call<undefined>): Promise<void> {
  const isAddition = call.has('add');
  const group = (isAddition ? parseGroup : parseStoredGroup)(call.value(kind));
  const members = call.all('member').map(call.has('join') ? parseIdentity : parseStoredIdentity);
  const edits = isAddition ? [addition(store, kind, group)] : editsOf(store, kind, group, members, call);
  try {
    const { changed } = await store.update(edits, { by: call.caller.identity, isForced: call.has('force') });
    reportEdit(call, store, changed);
  } catch (error) {
    throw withoutNames(error, store, call);
  }
}

/** The refusal to remove a group names lists, of any class: the command needs no right to read them. */
function withoutNames(error: unknown, store: AclStore, call: Call<undefined>): unknown {
  if (!(error instanceof AclError) || error.code !== 'acl-group-in-use') return error;
  if (!new Reach(store, call.caller).isKeptFromReading(store.listClasses())) return error;
  return refused('Nothing was changed: there are entries for it; who may read all lists can remove them first');
}

function addition(store: AclStore, kind: GroupKind, group: Identity): Edit {
  const other = store.kindOf(group);
  if (other === null || other === kind) return { kind: 'add-group', group, as: kind };
  throw refused(`Cannot add the ${kind} ${group}: there is a ${other} of that name`);
}

function editsOf(
  store: AclStore,
  kind: GroupKind,
  group: Identity,
  members: readonly Identity[],
  call: Call<undefined>,
): readonly Edit[] {
  const known = new Set(existing(store, kind, group).members);
  if (call.has('del')) return [{ kind: 'remove-group', group }];
  if (call.has('join')) return members.map((member) => ({ kind: 'join', group, member }));
  const stray = members.find((member) => !known.has(member));
  if (stray !== undefined) throw refused(`Nothing was changed: ${stray} is no member of ${group}`);
  return members.map((member) => ({ kind: 'leave', group, member }));
}

function existing(store: AclStore, kind: GroupKind, group: Identity) {
  const found = store.readGroup(group);
  if (found?.kind === kind) return found;
  const what = found === null ? `there is no such ${kind}` : `it is a ${found.kind}`;
  throw refused(`Cannot use the ${kind} ${group}: ${what}`);
}
