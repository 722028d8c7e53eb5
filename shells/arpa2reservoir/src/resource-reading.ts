import { partRequest, type Entry } from '@arpa2amqp/directory';
import type { Call } from '@arpa2amqp/shell';
import { uuid } from './names.js';
import type { ReservoirSession } from './reservoir-session.js';
import type { Reservoir } from './reservoir.js';
import { keyOf, valueOf } from './reservoir-view.js';
import { printed, type Encoding } from './resource-data.js';
import { collectionFor, resourceFor } from './resource-place.js';

type ResourceCall = Call<ReservoirSession>;

/** How often data is looked for that another command replaces or puts back just then. */
const ATTEMPTS = 3;

/** What is known of a resource. */
interface About {
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly description: string | undefined;
  readonly encoding: Encoding;
  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** What an entry says of its resource. */
export function aboutOf(entry: Entry): About {
  return {
    key: keyOf(entry, 'resource'),
    name: valueOf(entry, 'name') ?? '',
    type: valueOf(entry, 'type') ?? '',
    description: valueOf(entry, 'description'),
    encoding: valueOf(entry, 'encoding') === 'text' ? 'text' : 'base64',
    size: Number(valueOf(entry, 'size')),
    sha256: valueOf(entry, 'digest') ?? '',
  };
}

/** `resource list`: by name, then by key; the parts of a list follow one another by key. */
export async function listResources(reservoir: Reservoir, call: ResourceCall): Promise<void> {
  const request = partRequest(call, (text) => uuid(text, 'resource'));
  const { colluuid, rows, ...more } = await reservoir.read(async (view) => {
    const collection = await collectionFor(view, call);
    const part = await view.part(collection.path, 'resource', request, aboutOf);
    return { colluuid: keyOf(collection, 'collection'), ...part };
  }, call.signal);
  const resources =
    request.limit === undefined ? rows.toSorted((a, b) => compare(a.name, b.name) || compare(a.key, b.key)) : rows;
  call.json({ colluuid, resources, ...more });
}

/** `resource get`: headers first, so that nothing in the data can be taken for one. */
export async function printResource(reservoir: Reservoir, call: ResourceCall): Promise<void> {
  const { about, bytes } = await readResource(reservoir, call);
  const { text, isBase64 } = printed(bytes, about.encoding);
  call.header('Resource', about.key);
  call.header('Content-Type', about.type);
  call.header('Name', about.name);
  if (about.description !== undefined) call.header('Description', about.description);
  call.header('Content-Length', String(bytes.length));
  if (isBase64) call.header('Content-Transfer-Encoding', 'base64');
  if (text !== '') call.print(text);
}

async function readResource(reservoir: Reservoir, call: ResourceCall): Promise<{ about: About; bytes: Buffer }> {
  return await reservoir.withData(async (view, blobs) => {
    for (let attempt = 1; ; attempt += 1) {
      const about = aboutOf(await resourceFor(view, call, call.value('key')));
      try {
        return { about, bytes: await blobs.read(about.sha256, about.size) };
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
        call.signal.throwIfAborted();
      }
    }
  }, call.signal);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
