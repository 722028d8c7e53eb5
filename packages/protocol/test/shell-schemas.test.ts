import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS, decodeCommand } from '../src/index.js';

// What schemas/shells/ promises to programs: one draft 2020-12 schema a shell, whose commands can be referred to one by one.

const folder = new URL('../../../schemas/shells/', import.meta.url);
const ajv = new Ajv2020({ strict: true, strictTuples: false, strictRequired: false, strictTypes: false });
for (const file of readdirSync(folder)) {
  ajv.addSchema(JSON.parse(readFileSync(fileURLToPath(new URL(file, folder)), 'utf8')) as object);
}

const accepts = (id: string, command: object): boolean => {
  const validate = ajv.getSchema(`urn:arpa2amqp:schema:shell:${id}`);
  if (validate === undefined) throw new Error(`there is no schema ${id}`);
  return validate(command) as boolean;
};

const ADD = { do_: 'arpa2dns zone add', zone: 'orvelte.nep', ns1: 'ns1.orvelte.nep.', rp: 'john.doe@orvelte.nep' };

describe('the schemas of shells', () => {
  test.each<object>([
    ADD,
    { ...ADD, do_: ['arpa2dns', 'zone', 'add'], zone: ['orvelte.nep'] },
    { do_: ['arpa2dns', 'dane', 'config', 'any-end', 'pubkey', 'sha512'] },
    { do_: 'arpa2dns dane add', zone: 'z', _proto: '_tcp', port: '*', owner: '@', 'to-be-matched': '00' },
    { do_: 'arpa2dns record add', zone: 'z', fqdn: '@', rtype: 'CAA', rdata: ['0', 'issue', '"ca"'] },
    { do_: 'arpa2dns whoami' },
    { do_: 'arpa2dns help', command: 'dane', stdin_: 'x' },
  ])('accept %j, which is a command', (command) => {
    expect(accepts('arpa2dns', command)).toBe(true);
    expect(decodeCommand(command, DEFAULT_LIMITS)).toMatchObject({ form: 'json', shell: 'arpa2dns' });
  });

  test.each<object>([
    { ...ADD, do_: 'arpa2dns zone' },
    { ...ADD, do_: 'arpa2hello zone add' },
    { ...ADD, rp: undefined, serial: '1' },
    { ...ADD, zone: ['a', 'b'] },
    { do_: 'arpa2dns dane config any-end pubkey' },
    { do_: 'arpa2dns dane add', zone: 'z', _proto: '_icmp', port: '1', owner: '@', 'to-be-matched': '00' },
    { words_: ['arpa2dns', 'whoami'] },
  ])('refuse %j', (command) => {
    expect(accepts('arpa2dns', JSON.parse(JSON.stringify(command)) as object)).toBe(false);
  });

  test('hold one for each command', () => {
    expect(accepts('arpa2dns:zone', ADD)).toBe(true);
    expect(accepts('arpa2dns:dane', ADD)).toBe(false);
    expect(accepts('arpa2hello:greet', { do_: 'arpa2hello greet in', language: 'nl' })).toBe(true);
    expect(accepts('arpa2hello', { do_: 'arpa2hello greet in', language: 'fr' })).toBe(false);
  });
});
