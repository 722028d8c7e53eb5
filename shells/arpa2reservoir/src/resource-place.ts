import type { Entry } from '@arpa2amqp/directory';
import type { Call } from '@arpa2amqp/shell';
import { uuid } from './names.js';
import { refused } from './refusal.js';
import type { ReservoirSession } from './reservoir-session.js';
import { keyOf, type ReservoirView } from './reservoir-view.js';

type ResourceCall = Call<ReservoirSession>;

/** The collection that a command is for: the one its words name, else the current one. */
export async function collectionFor(view: ReservoirView, call: ResourceCall): Promise<Entry> {
  const colluuid = namedCollection(call);
  if (colluuid !== undefined) return await view.collection(colluuid);
  const path = call.state.index?.current;
  if (path?.at(-1)?.[0] !== 'collection') {
    throw refused('No collection was chosen: use index collection or index path before, or name it behind the word in');
  }
  return await view.collection(keyOf({ path }, 'collection'));
}

/** The resource that a command is for; where its words name a collection, of that only. */
export async function resourceFor(view: ReservoirView, call: ResourceCall, text: string): Promise<Entry> {
  return await view.resource(uuid(text, 'resource'), namedCollection(call));
}

function namedCollection(call: ResourceCall): string | undefined {
  const text = call.optional('colluuid');
  return text === undefined ? undefined : uuid(text, 'collection');
}
