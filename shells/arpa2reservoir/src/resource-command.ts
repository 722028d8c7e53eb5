import { PART_HELP, PART_SPEC, PART_TYPES } from '@arpa2amqp/directory';
import type { Call } from '@arpa2amqp/shell';
import { COLLECTION, COLLECTION_CLASS, HELP, WHOLE_CLASS, type ReservoirCommand } from './access.js';
import { listResources, printResource } from './resource-reading.js';
import { addResource, deleteResources, setResource } from './resource-change.js';
import type { ReservoirSession } from './reservoir-session.js';
import type { Reservoir } from './reservoir.js';
import { VARIABLE_PATTERN } from './resource-variables.js';

/** `resource`: what is in the collections. */
export function resourceCommand(reservoir: Reservoir): ReservoirCommand {
  return {
    spec:
      `resource ( list in <colluuid> ${PART_SPEC} | list:list-here ${PART_SPEC} | ` +
      'get in <colluuid> <key> | get:get-anywhere <key> | ' +
      'add in <colluuid> <var=val> [...] | add:add-here <var=val> [...] | ' +
      'set in <colluuid> <key> [ <var=val> [...] ] | set:set-anywhere <key> [ <var=val> [...] ] | ' +
      'del in <colluuid> <key> [...] | del:del-anywhere <key> [...] )',
    summary: 'List the resources of a collection, get one, add one with its data, change or delete it',
    effect: 'change',
    needs: [
      { with: ['list', 'get'], rights: 'R', class: COLLECTION_CLASS, instances: [COLLECTION] },
      { with: ['add'], rights: 'C', class: COLLECTION_CLASS, instances: [COLLECTION] },
      { with: ['set'], rights: 'W', class: COLLECTION_CLASS, instances: [COLLECTION] },
      { with: ['del'], rights: 'D', class: COLLECTION_CLASS, instances: [COLLECTION] },
      { with: ['list-here', 'get-anywhere'], rights: 'R', class: WHOLE_CLASS },
      { with: ['add-here'], rights: 'C', class: WHOLE_CLASS },
      { with: ['set-anywhere'], rights: 'W', class: WHOLE_CLASS },
      { with: ['del-anywhere'], rights: 'D', class: WHOLE_CLASS },
    ],
    reads: ['list', 'list-here', 'get', 'get-anywhere'],
    types: { ...PART_TYPES, 'var=val': { type: 'pattern', pattern: VARIABLE_PATTERN } },
    help: {
      ...PART_HELP,
      resource: 'Data with what is known of it',
      list: 'Print what is known of all resources of a collection',
      get: 'Print a resource: headers and data',
      add: 'Add a resource with the data of stdin_ (< FILE in arpa2shell) or data=...; the reply has its UUID',
      set: 'Change what is known of a resource, and its data when there is any in stdin_ or data=...',
      del: 'Delete resources and their data',
      in: 'Say which collection, and do not use the current one',
      '<colluuid>': HELP.colluuid,
      '<key>': 'UUID of the resource',
      '<var=val>': 'name=..., type=(media type), description=..., encoding=text or base64 (of the data), data=...',
    },
    run: async (call) => await run(reservoir, call),
  };
}

async function run(reservoir: Reservoir, call: Call<ReservoirSession>): Promise<void> {
  if (call.has('list') || call.has('list-here')) await listResources(reservoir, call);
  else if (call.has('get') || call.has('get-anywhere')) await printResource(reservoir, call);
  else if (call.has('add') || call.has('add-here')) await addResource(reservoir, call);
  else if (call.has('set') || call.has('set-anywhere')) await setResource(reservoir, call);
  else await deleteResources(reservoir, call);
}
