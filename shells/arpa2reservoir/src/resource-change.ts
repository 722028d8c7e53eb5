import { randomUUID } from 'node:crypto';
import type { Attributes, Entry, Plan } from '@arpa2amqp/directory';
import type { Call } from '@arpa2amqp/shell';
import type { Blob } from './blob-store.js';
import { refused } from './refusal.js';
import type { ReservoirSession } from './reservoir-session.js';
import type { Reservoir } from './reservoir.js';
import { keyOf, type ReservoirView } from './reservoir-view.js';
import { bytesOf } from './resource-data.js';
import { collectionFor, resourceFor } from './resource-place.js';
import { aboutOf } from './resource-reading.js';
import { readVariables, type ResourceVariables } from './resource-variables.js';
import { Usage } from './usage.js';

type ResourceCall = Call<ReservoirSession>;

/** `resource add`: to be empty it takes `data=`, as a file that was forgotten would be. */
export async function addResource(reservoir: Reservoir, call: ResourceCall): Promise<void> {
  const variables = { encoding: 'text', ...readVariables(call.all('var=val')) } as const;
  const data = dataGiven(call, variables);
  if (variables.name === undefined) throw refused('The resource has no name: add name=...');
  if (variables.type === undefined)
    throw refused('The resource has no media type: add type=..., such as type=text/plain');
  if (data === undefined) {
    throw refused(
      'The resource has no data: give it in stdin_, which is < FILE in arpa2shell, or a short one with data=...; an empty one has data= alone',
    );
  }
  const bytes = bytesOf(data, variables.encoding);
  const key = randomUUID();
  await reservoir.withData(async (view, blobs) => {
    // Looked at before anything is written to the disk.
    const domain = keyOf(await collectionFor(view, call), 'domain');
    const plan = async (blob: Blob) => {
      const { path } = await collectionFor(view, call);
      const values = { ...valuesOf(variables), ...dataValues(blob, bytes) };
      return {
        change: { op: 'add', path: [...path, ['resource', key]], id: key, values, references: { data: [blob.id] } },
        result: undefined,
      } as const;
    };
    await reservoir.usage.change(view.directory, domain, Usage.of(bytes.length), async () => {
      await blobs.store(bytes, plan, call.signal);
    });
  }, call.signal);
  call.header('Resource', key);
}

/** `resource set`: what is given is replaced; to take the data away takes `data=`. */
export async function setResource(reservoir: Reservoir, call: ResourceCall): Promise<void> {
  const variables = readVariables(call.all('var=val'));
  const data = dataGiven(call, variables);
  if (data === undefined) await setVariables(reservoir, call, variables);
  else await setData(reservoir, call, { ...variables, data });
}

/** `resource del`: of several all or none. */
export async function deleteResources(reservoir: Reservoir, call: ResourceCall): Promise<void> {
  // The folder is opened before anything is changed: what was deleted cannot be deleted again when it is of no use.
  await reservoir.withData(async (_view, blobs) => {
    const since = reservoir.usage.moment;
    const entries = await reservoir.change(async (view) => await planDeletion(view, call), call.signal);
    for (const entry of entries) reservoir.usage.give(keyOf(entry, 'domain'), Usage.of(aboutOf(entry).size), since);
    for (const digest of new Set(entries.map((entry) => aboutOf(entry).sha256))) await blobs.release(digest);
  }, call.signal);
}

async function planDeletion(view: ReservoirView, call: ResourceCall): Promise<Plan<readonly Entry[]>> {
  const found = new Map<string, Entry>();
  for (const key of call.all('key')) {
    const entry = await resourceFor(view, call, key);
    found.set(entry.id, entry);
  }
  const entries = [...found.values()];
  return {
    changes: entries.map(({ path }) => ({ op: 'remove', path })),
    // Their data may be replaced meanwhile: that too has to go.
    unchanged: entries,
    result: entries,
  };
}

async function setVariables(reservoir: Reservoir, call: ResourceCall, variables: ResourceVariables): Promise<void> {
  if (Object.keys(variables).length === 0) {
    throw refused(
      'Nothing was given to change: add name=..., type=..., description=..., or data in stdin_ or data=...',
    );
  }
  await reservoir.change(async (view) => {
    const entry = await resourceFor(view, call, call.value('key'));
    if (variables.encoding !== undefined && variables.encoding !== aboutOf(entry).encoding) {
      throw refused('The encoding is that of the data: give the data too');
    }
    return {
      changes: [{ op: 'set', path: entry.path, values: valuesOf(variables) }],
      // Other data may have another encoding.
      unchanged: [entry],
      result: undefined,
    };
  }, call.signal);
}

async function setData(
  reservoir: Reservoir,
  call: ResourceCall,
  variables: ResourceVariables & { readonly data: string },
): Promise<void> {
  await reservoir.withData(async (view, blobs) => {
    const find = async (): Promise<Entry> => await resourceFor(view, call, call.value('key'));
    const old = await find();
    const encoding = variables.encoding ?? aboutOf(old).encoding;
    const bytes = bytesOf(variables.data, encoding);
    const growth = (entry: Entry): number => bytes.length - aboutOf(entry).size;
    const store = async (correct: (growth: number) => Promise<void>) => {
      const plan = async (blob: Blob) => {
        const entry = await find();
        // Others may have replaced what was there: only what this replaces makes room.
        await correct(growth(entry));
        const { path, version } = entry;
        const values = { ...valuesOf({ ...variables, encoding }), ...dataValues(blob, bytes) };
        return {
          change: { op: 'set', path, values, references: { data: [blob.id] } },
          expected: [{ path, version }],
          result: { before: aboutOf(entry).sha256, now: blob.digest },
        } as const;
      };
      return await blobs.store(bytes, plan, call.signal);
    };
    const { before, now } = await reservoir.usage.change(view.directory, keyOf(old, 'domain'), growth(old), store);
    if (before !== now) await blobs.release(before);
  }, call.signal);
}

/** Undefined when none was given; an empty stdin is none. */
function dataGiven({ stdin }: ResourceCall, { data }: ResourceVariables): string | undefined {
  if (stdin === '') return data;
  if (data !== undefined) throw refused('The data is given twice: leave data=... or stdin_ out');
  return stdin;
}

function valuesOf({ data: _data, ...variables }: ResourceVariables): Attributes {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]: [string, string | null]) => [name, value === null ? [] : [value]]),
  );
}

function dataValues({ digest }: Blob, bytes: Buffer): Attributes {
  return { digest: [digest], size: [String(bytes.length)] };
}
