import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  defineShell,
  dnsHost,
  dnsLabel,
  dnsName,
  dnsType,
  dnsZone,
  inlineHost,
  requirementsOf,
  type CommandDefinition,
  type ShellDefinition,
} from '../src/index.js';
import { dnsRecord } from '../src/dns-form.js';

const command: CommandDefinition<undefined> = {
  spec: 'zone ( add <zone> | del <zone> | list | config <x> )',
  summary: 'Zones',
  effect: 'change',
  run: () => undefined,
};
const need = { rights: 'W', class: 'probe.zone' };

function define(change: object, spec?: string) {
  const commands = [{ ...command, ...(spec === undefined ? {} : { spec }), ...change }];
  const definition = { name: 'probe', version: '1', intro: '', commands };
  return defineShell(definition as unknown as ShellDefinition<undefined>);
}

/** What a typed line of the only command requires. */
function required(change: object, line: string, spec?: string) {
  const { table } = inlineHost(define(change, spec));
  const plan = table.planLine(line.split(' '));
  if (!plan.ok) throw new Error(plan.message);
  return requirementsOf(plan.description, plan.command);
}

describe('the kit refuses', () => {
  test.each<[string, object, RegExp]>([
    ['a command that declares nothing', {}, /^probe: the command "zone" does not declare who may give it/],
    ['needs that are none', { needs: [] }, /"zone" does not declare/],
    ['a list of open words alone', { open: ['list'] }, /"zone" does not declare/],
    ['a command that is open and needs something', { open: true, needs: need }, /"zone" is open and has "needs"/],
    ['an open that is false', { open: false, needs: need }, /commands\[0\]\.open must be true/],
    ['a need of a word that is none', { needs: { ...need, with: ['ad'] } }, /with "ad", no literal of its spec/],
    [
      'a form without a need',
      { open: ['config'], needs: { ...need, with: ['add', 'del'] } },
      /"zone" has a form for which it declares nothing: each has to have one of config, add, del/,
    ],
    ['an unknown right', { needs: { ...need, rights: 'X' } }, /needs\[0\]\.rights must be letters/],
    ['a right twice', { needs: { ...need, rights: '%Rr' } }, /rights must be letters/],
    ['no right', { needs: { ...need, rights: '%' } }, /rights must be letters/],
    ['a class in capitals', { needs: { ...need, class: 'Probe' } }, /class must be labels/],
    ['an unknown key', { needs: { ...need, instance: ['<zone>'] } }, /needs\[0\] has an unknown key "instance"/],
    ['a variable without brackets', { needs: { ...need, instances: ['zone'] } }, /"zone", as a variable.*write <zone>/],
    ['an empty instance', { needs: { ...need, instances: [''] } }, /empty/],
    ['an instance of an unknown variable', { needs: { ...need, instances: ['<zoen>'] } }, /<zoen>, no variable/],
    ['an unknown form', { needs: { ...need, instances: ['<zone:uper>'] } }, /there is no form "uper"/],
    ['a form that lacks its zone', { needs: { ...need, instances: ['<zone:dns-name>'] } }, /<variable:dns-name zone>/],
    ['a form with a zone too many', { needs: { ...need, instances: ['<zone:lower x>'] } }, /takes no other variable/],
    ['half a variable', { needs: { ...need, instances: ['<zone> <x'] } }, /no template/],
  ])('%s', (_what, change, message) => {
    expect(() => define(change)).toThrow(
      expect.objectContaining({ code: 'config', message: expect.stringMatching(message) }),
    );
  });

  test.each(['show <zone> [...]', 'show <zone...>', 'show ( a <zone> ) [...]'])(
    'a resource named after a variable of many values: %s',
    (spec) => {
      expect(() => define({ needs: { ...need, instances: ['<zone>'] } }, spec)).toThrow(/can have several values/);
    },
  );

  test('a process shell all the same, whatever it said to its own kit', () => {
    const shell = define({ open: true });
    const [first] = shell.description.commands;
    const { open: _open, ...silent } = first!;
    const forged = { ...shell, description: { ...shell.description, commands: [silent] } };
    expect(() => inlineHost(forged)).toThrow(/"zone" does not declare/);
  });
});

describe('a command requires', () => {
  const needs = [
    { with: ['add'], rights: '%cw', class: 'probe.zone', instances: ['<zone:lower>'] },
    { with: ['del'], rights: 'D', class: 'probe.zone', instances: ['<zone>/<zone>', '<zone>'] },
    { with: ['list'], rights: 'K', class: 'probe.zone' },
  ];
  const declared = { open: ['config'], needs };

  test('what its literals say', () => {
    expect(required(declared, 'zone add A.Nep')).toEqual({
      kind: 'required',
      requirements: [{ rights: ['C', 'W'], class: 'probe.zone', instances: ['a.nep'], isUnnamed: false }],
    });
    expect(required(declared, 'zone list')).toEqual({
      kind: 'required',
      requirements: [{ rights: ['K'], class: 'probe.zone', instances: [], isUnnamed: false }],
    });
    expect(required(declared, 'zone config del')).toEqual({ kind: 'open' });
  });

  test('nothing that can be had, when no need is for it', () => {
    expect(requirementsOf({ needs }, { values: {}, literals: ['zone', 'config'] })).toEqual({ kind: 'undeclared' });
    expect(requirementsOf({}, { values: {}, literals: [] })).toEqual({ kind: 'undeclared' });
  });

  test('nothing of an instance whose variable was left out', () => {
    const instances = ['<zone> <type>', '<zone>'];
    const line = (words: string) => required({ needs: { ...need, instances } }, words, 'show [ <zone> [ <type> ] ]');
    expect(line('show a.nep mx')).toMatchObject({ requirements: [{ instances: ['a.nep mx', 'a.nep'] }] });
    expect(line('show a.nep')).toMatchObject({ requirements: [{ instances: ['a.nep'] }] });
    expect(line('show')).toMatchObject({ requirements: [{ instances: [], isUnnamed: true }] });
  });

  test('an instance of one name, whatever is given', () => {
    const fixed = { needs: { ...need, instances: ['all zones', '<zone>'] } };
    expect(required(fixed, 'zone list')).toMatchObject({
      requirements: [{ instances: ['all zones'], isUnnamed: false }],
    });
    expect(required(fixed, 'zone add x')).toMatchObject({ requirements: [{ instances: ['all zones', 'x'] }] });
  });

  test('an instance after all values of a variable, each instance once', () => {
    const spec = 'mail ( add <type> <data> [...] | list <type> )';
    const instances = ['<type:dns-record data...>', '<type:dns-type>'];
    const mail = { needs: { ...need, instances } };
    const instancesOf = (line: string): unknown => {
      const found = required(mail, line, spec);
      return found.kind === 'required' ? found.requirements[0]?.instances : found;
    };
    expect(instancesOf('mail add MX 10 a.nep')).toEqual(['mx 10', 'mx']);
    expect(instancesOf('mail add A 10 a.nep')).toEqual(['aaaa']);
    expect(instancesOf('mail list MX')).toEqual(['mx']);
    expect(instancesOf('mail add MX a.nep 10')).toEqual({
      kind: 'unnamed',
      reason:
        '<type> is "MX", which is no record type for this data: that of MX, SRV and others begins with a priority',
    });
    const all = { needs: { ...need, instances: ['<data...> <type>'] } };
    expect(required(all, 'mail add x a', spec)).toMatchObject({ requirements: [{ instances: ['a x'] }] });
    expect(required(all, 'mail add x a b', spec)).toMatchObject({ kind: 'unnamed' });
    expect(() => define({ needs: { ...need, instances: ['<data>'] } }, spec)).toThrow(/can have several values/);
    expect(() => define({ needs: { ...need, instances: ['<dat...>'] } }, spec)).toThrow(/<dat>, no variable/);
  });

  test('no resource with a name that could be taken for another', () => {
    expect(required(declared, 'zone del a/b')).toMatchObject({
      kind: 'unnamed',
      reason: '<zone> is "a/b": write it without any of "/"',
    });
    const dns = { needs: { ...need, instances: ['<zone:dns-zone>'] } };
    expect(required(dns, 'zone add a..b')).toEqual({
      kind: 'unnamed',
      reason: '<zone> is "a..b", which is no name of a zone',
    });
  });
});

describe('names of DNS', () => {
  test.each<[string | null, string | null]>([
    [dnsZone('Orvelte.NEP.'), 'orvelte.nep'],
    [dnsZone('+31-20'), '0.2.1.3.e164.arpa'],
    [dnsZone('*.nep'), null],
    [dnsName('@', 'orvelte.nep'), 'orvelte.nep'],
    [dnsName('WWW', 'Orvelte.nep.'), 'www.orvelte.nep'],
    [dnsName('www.orvelte.nep', 'orvelte.nep'), 'www.orvelte.nep'],
    [dnsName('www.elsewhere.nep.', 'orvelte.nep'), null],
    [dnsName('*.a.@', 'orvelte.nep'), '*.a.orvelte.nep'],
    [dnsHost('*.a', 'orvelte.nep'), 'a.orvelte.nep'],
    [dnsType('a'), 'aaaa'],
    [dnsType('TYPE00015'), 'mx'],
    [dnsType('type65400'), 'type65400'],
    [dnsType('constructor'), null],
    [dnsRecord('a', '192.0.2.1'), 'aaaa'],
    [dnsRecord('txt', '10 mail'), 'txt'],
    [dnsRecord('naptr', '100 50 "s" "x" "" .'), 'naptr'],
    [dnsRecord('MX', '10 mail'), 'mx 10'],
    [dnsRecord('TYPE15', '00010  mail'), 'mx 10'],
    [dnsRecord('srv', '65535 1 443 www'), 'srv 65535'],
    [dnsRecord('HTTPS', '0 www'), 'https 0'],
    [dnsRecord('mx', '\\# 3 000a 00'), 'mx 10'],
    [dnsRecord('mx', '\\# 3 0 0 0 A 00'), 'mx 10'],
    [dnsRecord('mx', '\\# 1 00'), null],
    [dnsRecord('mx', '65536 mail'), null],
    [dnsRecord('mx', '1e1 mail'), null],
    [dnsRecord('mx', '"10" mail'), null],
    [dnsRecord('mx', '\\0490 mail'), null],
    [dnsRecord('mx', 'mail'), null],
    [dnsRecord('mx', ''), null],
    [dnsRecord('nonsense', '10'), null],
    [dnsLabel('443'), '_443'],
    [dnsLabel('tcp'), '_tcp'],
    [dnsLabel('_TCP'), '_tcp'],
    [dnsLabel('*'), '*'],
    [dnsLabel('a b'), null],
  ])('%s', (name, expected) => {
    expect(name).toBe(expected);
  });

  test('are names of resources, whatever goes in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, zone) => {
        for (const name of [
          dnsZone(text),
          dnsName(text, zone),
          dnsName(text, 'a.nep'),
          dnsHost(text, 'a.nep'),
          dnsType(text),
          dnsLabel(text),
        ]) {
          expect(name ?? 'a').toMatch(/^[a-z0-9_.*-]+$/);
        }
        for (const type of [text, 'mx', 'txt']) expect(dnsRecord(type, text) ?? 'a').toMatch(/^[a-z0-9]+(?: \d+)?$/);
      }),
    );
  });
});
