import { fileURLToPath } from 'node:url';
import type { Kind, Path } from '../src/index.js';

/** Any key that the store itself allows. Below a box, people and teams share their names; seats are below both. */
export const KINDS: readonly Kind[] = [
  {
    name: 'box',
    parents: ['', 'box'],
    namespace: 'box',
    key: /.+/u,
    attributes: { label: {}, notes: { many: true, maxLength: 20_000 } },
    references: { see: { to: ['box', 'person'], many: true } },
    ldap: {
      objectClasses: ['testBoxObject'],
      rdn: 'testBox',
      attributes: { label: 'description', notes: 'testNote', see: 'testSee' },
    },
  },
  {
    name: 'person',
    parents: ['box'],
    namespace: 'uid',
    key: /.+/u,
    attributes: { name: { required: true, maxLength: 64 }, notes: { many: true } },
    references: { friends: { to: ['person'], many: true } },
    ldap: {
      objectClasses: ['testPersonObject'],
      rdn: 'uid',
      attributes: { name: 'cn', notes: 'testNote', friends: 'testSee' },
    },
  },
  {
    name: 'team',
    parents: ['box'],
    namespace: 'uid',
    key: /[a-z0-9]+/,
    attributes: {},
    references: {},
    ldap: { objectClasses: ['testTeamObject'], rdn: 'uid', attributes: {} },
  },
  {
    name: 'seat',
    parents: ['person', 'team'],
    namespace: 'seat',
    key: /[a-z0-9]+/,
    attributes: {},
    references: { holder: { to: ['person'], required: true } },
    ldap: { objectClasses: ['testSeatObject'], rdn: 'testSeat', attributes: { holder: 'testHolder' } },
  },
];

export const SCHEMAS = ['../../../schemas/ldap/arpa2.ldif', './test-schema.ldif'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);

export const INDEXES = ['objectClass eq', 'uid,testBox,testSeat eq,sub', 'arpa2EntryId,testSee,testHolder eq'];

export const box = (...keys: string[]): Path => keys.map((key) => ['box', key] as const);
export const person = (key: string, inBox = 'a'): Path => [...box(inBox), ['person', key]];
export const team = (key: string, inBox = 'a'): Path => [...box(inBox), ['team', key]];
