import { isService, parseChangeRecord, parseDocument, parseIdentity, type AclStore } from '@arpa2amqp/acl';
import { ShellError, type Call } from '@arpa2amqp/shell';
import { onAll, toReplicate, type AclCommand } from './access.js';
import type { Lists } from './lists.js';
import { answering, refused } from './refusal.js';
import { Staging } from './staging.js';

/**
 * `replica`: takes over the lists of another host, as its shell sends them.
 *
 * @param isPublisher - whether this host sends its own lists: it does not take over others then, so that nothing goes in a circle
 */
export function replicaCommand(lists: Lists, isPublisher: boolean): AclCommand {
  const staging = new Staging();
  const sent = ['position', 'change', 'whole'];
  return {
    spec:
      'replica position <origin> | replica change <origin> | ' +
      'replica whole <origin> <position> <mark> <part> <parts> <digest> | replica leave',
    summary: 'Take over the lists of another host: given by its arpa2acl, not by people, but for "leave"',
    effect: 'change',
    needs: [toReplicate(sent), ...onAll('W', ['leave'])],
    reads: ['position'],
    types: {
      origin: { type: 'pattern', pattern: '[0-9a-f-]{36}' },
      position: { type: 'integer', min: 1 },
      mark: { type: 'pattern', pattern: '[0-9a-f]{32}' },
      part: { type: 'integer', min: 1 },
      parts: { type: 'integer', min: 1, max: 100_000 },
      digest: { type: 'pattern', pattern: '[0-9a-f]{64}' },
    },
    help: {
      replica: 'Lists that come from another host',
      position: 'Print up to where the changes of another host have been taken over',
      change: 'Take over changes, one a line on standard input',
      whole: 'Take over everything, in parts on standard input',
      leave: 'Take over nothing more; what was taken over stays',
    },
    run: answering(async (call) => {
      const store = await lists.open();
      if (call.has('leave')) {
        await leave(store, call);
        return;
      }
      checkSender(store, call, isPublisher);
      if (call.has('change')) await takeChanges(store, call);
      else if (call.has('whole')) await takeWhole(store, staging, call);
      else staging.clear();
      if (!call.has('whole')) tellPosition(store, call);
    }),
  };
}

/** One who is refused in the end is refused before all lists are on their way. An entry for everyone lets no user send lists. */
function checkSender({ id, followed }: AclStore, call: Call<undefined>, isPublisher: boolean): void {
  if (!isService(parseIdentity(call.caller.identity))) {
    throw new ShellError('Only the service of a host sends lists, no user', { code: 'denied' });
  }
  if (isPublisher) {
    throw refused('This host sends its own lists to others ("publish.to" of arpa2acl), so it takes over none');
  }
  if (call.value('origin') === id) {
    throw refused(
      'These are the lists of this host itself, or its file is a copy of theirs: make it anew and import them',
    );
  }
  if (followed === null || followed.sender === call.caller.identity) return;
  throw refused(`This host takes over the lists that ${followed.sender} sends, so no others; see "replica leave"`);
}

async function leave(store: AclStore, call: Call<undefined>): Promise<void> {
  const { followed } = store;
  if (followed === null) throw refused('Nothing to leave: no other host sends its lists here');
  await store.unfollow();
  call.print(
    `The lists of ${followed.sender} are taken over no more. Its next try brings them again, unless it stops or its right on arpa2acl.replica goes`,
  );
}

async function takeChanges(store: AclStore, call: Call<undefined>): Promise<void> {
  const origin = { id: call.value('origin'), sender: call.caller.identity };
  const lines = call.stdin.split('\n').filter((line) => line !== '');
  for (const record of lines.map(parseChangeRecord)) {
    if ((await store.receive(origin, record)) === 'gap') return;
  }
}

async function takeWhole(store: AclStore, staging: Staging, call: Call<undefined>): Promise<void> {
  const [origin, sender] = [call.value('origin'), call.caller.identity];
  const [position, mark] = [Number(call.value('position')), call.value('mark')];
  const parts = Number(call.value('parts'));
  const transfer = { sender, origin, position, mark, parts, digest: call.value('digest') };
  const staged = staging.add(transfer, Number(call.value('part')), call.stdin);
  if ('needed' in staged) {
    call.json({ needed: staged.needed });
    return;
  }
  await store.receiveAll({ id: origin, sender }, { position, mark }, parseDocument(staged.text, 'stored'));
  tellPosition(store, call);
}

/** Position 0 says that nothing was ever taken over: a whole is needed. */
function tellPosition({ followed }: AclStore, call: Call<undefined>): void {
  const isIt = followed?.id === call.value('origin') && followed.sender === call.caller.identity;
  call.json(isIt ? { position: followed.position, mark: followed.mark } : { position: 0, mark: '' });
}
