import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Candidate } from '@arpa2amqp/protocol';
import { inlineHost, type ShellHost } from '@arpa2amqp/shell';
import { describeWith, KnotServer, waitUntil, WorkDirectory } from '@arpa2amqp/testkit';
import { encodeRequest, type ControlFields } from '../src/control-codec.js';
import { createShell } from '../src/index.js';
import { conversations, DnsShell } from './dns-shell.js';

const CALLER = { identity: 'demo@arpa2.test', principal: 'demo@ARPA2.TEST', expires: null };
const SHA256 = createHash('sha256').update('public key').digest('hex');

/** What the hooks say of the word behind a line, words separated by one blank, as the dispatcher asks them. */
async function complete(host: ShellHost, line: string, partial = '', timeoutMs = 5000): Promise<Candidate[]> {
  const words = line.split(' ');
  const command = host.table.find(words[0]!)!;
  const next = host.table.grammars[command]!.next(words);
  const session = await host.open(CALLER);
  const found: Candidate[] = [];
  for (const item of next?.items ?? []) {
    if (item.kind === 'literal' || host.description.commands[command]!.live?.includes(item.name) !== true) continue;
    const { name: variable, values, literals } = item;
    found.push(...(await session.complete({ command, variable, partial, values, literals }, { timeoutMs })));
  }
  await session.close();
  return found;
}

const words = (candidates: readonly Candidate[]): string[] => candidates.map(({ value }) => value);

test('every word and variable of every command has a line of help', () => {
  const { table, description } = inlineHost(createShell());
  for (const [index, grammar] of table.grammars.entries()) {
    if (description.commands[index]?.builtin === true) continue;
    const queue: string[][] = [[grammar.heads[0]!]];
    for (let line = queue.pop(); line !== undefined; line = queue.pop()) {
      for (const item of grammar.next(line)?.items ?? []) {
        expect([line, item]).toEqual([line, expect.objectContaining({ help: expect.stringMatching(/^\S.{5,}/) })]);
        const word = item.kind === 'literal' ? item.word : item.type.type === 'choice' ? item.type.choices[0]! : '1';
        const isPattern = item.kind === 'variable' && item.name === 'rtype';
        if (line.length < 10) queue.push([...line, isPattern ? 'A' : word]);
      }
    }
  }
  const next = table.grammars[table.find('dane')!]!.next(['dane', 'config', 'any-end']);
  expect(next?.items.map((item) => [item.kind === 'literal' && item.word, item.help])).toEqual([
    ['cert', 'Selector 0: the whole certificate is matched'],
    ['pubkey', 'Selector 1: the public key in the certificate is matched'],
  ]);
  expect(description.commands[table.find('dane')!]).toMatchObject({ session: ['config'], reads: ['config'] });
});

describeWith(['knotd'], 'completion from a real Knot', () => {
  let knot: KnotServer;
  let host: ShellHost;

  beforeAll(async () => {
    knot = await KnotServer.start();
    host = inlineHost(createShell({ socket: knot.socket }));
    const replies = await new DnsShell({ socket: knot.socket }).batch([
      'zone add orvelte.nep ns1.example.org admin@example.org',
      'zone add other.nep ns1.example.org admin@example.org',
      'zone add +12345 ns1.example.org admin@example.org',
      'record add orvelte.nep www A 192.0.2.1',
      'record add orvelte.nep www A 192.0.2.2',
      'record add orvelte.nep www AAAA 2001:db8::1',
      'record add orvelte.nep a.b MX 10 mx.example.org.',
      'record add orvelte.nep a.b MX 10 mx2.example.org.',
      { do_: 'record add', zone: 'orvelte.nep', fqdn: 'text', rtype: 'TXT', rdata: ['two words', 'x'] },
      'record add orvelte.nep orvelte.nep.orvelte.nep. A 192.0.2.3',
      `dane add orvelte.nep _tcp 443 www ${SHA256}`,
      `dane add orvelte.nep _tcp 25 @ ${SHA256}`,
      'acme add orvelte.nep www challenge',
    ]);
    expect(replies.filter(({ stderr_ }) => stderr_ !== undefined)).toEqual([]);
  });
  afterAll(async () => {
    await host.close();
    await knot.close();
  });

  test('zones', async () => {
    const all = ['5.4.3.2.1.e164.arpa', 'orvelte.nep', 'other.nep'];
    for (const line of ['zone del', 'record add', 'record list', 'dane add', 'acme del']) {
      expect(words(await complete(host, line))).toEqual(all);
    }
    expect(words(await complete(host, 'dane add', 'orv'))).toEqual(['orvelte.nep']);
    expect(words(await complete(host, 'enum add'))).toEqual(['5.4.3.2.1.e164.arpa']);
    expect(words(await complete(host, 'zone add'))).toEqual([]);
  });

  test('owners with their types, in words that the commands take', async () => {
    expect(await complete(host, 'record del orvelte.nep')).toEqual([
      { value: '@', help: 'NS SOA' },
      { value: '_25._tcp', help: 'TLSA' },
      { value: '_443._tcp.www', help: 'TLSA' },
      { value: '_acme-challenge.www', help: 'TXT' },
      { value: 'a.b', help: 'MX' },
      { value: 'orvelte.nep.orvelte.nep.', help: 'A' },
      { value: 'text', help: 'TXT' },
      { value: 'www', help: 'A AAAA' },
    ]);
    expect(words(await complete(host, 'record list orvelte.nep', 'www.orv'))).toEqual(['www.orvelte.nep']);
    expect(words(await complete(host, 'acme add orvelte.nep'))).toEqual([
      '@',
      'a.b',
      'orvelte.nep.orvelte.nep.',
      'text',
      'www',
    ]);
    expect(words(await complete(host, 'acme del orvelte.nep'))).toEqual(['@', 'www']);
    expect(words(await complete(host, 'record list nowhere.nep'))).toEqual([]);
    expect(words(await complete(host, 'record list not..a..zone'))).toEqual([]);
  });

  test('record types: those that are there, or all to add', async () => {
    expect(await complete(host, 'record del orvelte.nep www')).toEqual(
      expect.arrayContaining([
        { value: 'A', help: 'IPv4 address' },
        { value: 'AAAA', help: 'IPv6 address' },
      ]),
    );
    expect(words(await complete(host, 'record list orvelte.nep @'))).toEqual(['NS', 'SOA']);
    expect(words(await complete(host, 'record list orvelte.nep nothing'))).toEqual([]);
    const all = words(await complete(host, 'record add orvelte.nep www'));
    expect(all).toEqual(expect.arrayContaining(['3600', 'A', 'CAA', 'TLSA', 'TXT']));
    expect(all).not.toContain('RRSIG');
    expect(words(await complete(host, 'record add orvelte.nep www 300', 'aa'))).toEqual(['aaaa']);
  });

  test('data of records to delete, word by word', async () => {
    expect(words(await complete(host, 'record del orvelte.nep www A'))).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(words(await complete(host, 'record del orvelte.nep a.b MX'))).toEqual(['10']);
    expect(words(await complete(host, 'record del orvelte.nep a.b mx 10'))).toEqual([
      'mx.example.org.',
      'mx2.example.org.',
    ]);
    expect(words(await complete(host, 'record del orvelte.nep a.b MX 20'))).toEqual([]);
    expect(words(await complete(host, 'record del orvelte.nep text TXT'))).toEqual(['"two words"']);
    expect(words(await complete(host, 'record add orvelte.nep www A'))).toEqual([]);
  });

  test('services: protocols, well-known ports, and those that have a record', async () => {
    expect(words(await complete(host, 'dane add orvelte.nep'))).toEqual(['_sctp', '_tcp', '_udp']);
    const ports = await complete(host, 'dane add orvelte.nep tcp');
    expect(ports).toEqual(
      expect.arrayContaining([
        { value: '443', help: 'HTTPS' },
        { value: '*', help: 'Every port' },
      ]),
    );
    expect(await complete(host, 'dane del orvelte.nep _tcp')).toEqual([
      { value: '25', help: 'SMTP between servers' },
      { value: '443', help: 'HTTPS' },
    ]);
    expect(words(await complete(host, 'dane del orvelte.nep _tcp 443'))).toEqual(['@', 'www']);
    expect(words(await complete(host, 'dane add orvelte.nep _tcp 443'))).toEqual([
      '@',
      'a.b',
      'orvelte.nep.orvelte.nep.',
      'text',
      'www',
    ]);
  });

  test('numbers: what is skipped, and services', async () => {
    expect((await complete(host, 'enum add +12345')).slice(0, 2)).toEqual([
      { value: '0', help: '\\1 is 12345' },
      { value: '1', help: '\\1 is 2345' },
    ]);
    expect(await complete(host, 'enum add +12345 1', 'E2U+si')).toEqual([{ value: 'E2U+sip', help: 'Call by SIP' }]);
    expect(await complete(host, 'enum add orvelte.nep')).toEqual([]);
  });

  test('a server that stands still is no answer, and holds nothing up when it goes on', async () => {
    knot.pause();
    const start = performance.now();
    const answers = await Promise.all([
      complete(host, 'zone del', '', 200),
      complete(host, 'record list orvelte.nep', '', 200),
      complete(host, 'dane add', '', 200),
    ]);
    expect(answers).toEqual([[], [], []]);
    expect(performance.now() - start).toBeLessThan(2000);
    knot.resume();
    await waitUntil(() => conversations(knot.socket) === 0, { what: 'the end of all conversations' });
    expect(words(await complete(host, 'zone del', 'oth'))).toEqual(['other.nep']);
  });

  test('no server is no answer', async () => {
    const nowhere = inlineHost(createShell({ socket: path.join(knot.directory, 'none.sock') }));
    expect(await complete(nowhere, 'zone del')).toEqual([]);
    await nowhere.close();
  });
});

describeWith([], 'a server that says anything', () => {
  const directory = new WorkDirectory('arpa2dns-evil');
  const socket = directory.file('knot.sock');
  let answer: readonly ControlFields[] = [];
  let server: Server;

  beforeAll(async () => {
    server = createServer((connection) => {
      connection.on('error', () => undefined);
      connection.on('data', (bytes) => {
        if (bytes.includes('version')) connection.write(Buffer.from([1, 3]));
        else connection.write(Buffer.concat([...answer.map(unit), Buffer.from([3])]));
      });
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    directory.remove();
  });

  /** As the codec writes it, but with control characters. */
  function unit(fields: ControlFields): Buffer {
    const marked = Object.fromEntries(
      Object.entries(fields).map(([key, text]) => [key, text.replaceAll('\u001b', '\u2400')]),
    );
    const text = encodeRequest({ cmd: '', ...marked })
      .subarray(0, -1)
      .toString('latin1');
    return Buffer.from(text.replaceAll(Buffer.from('\u2400').toString('latin1'), '\u001b\u001b\u001b'), 'latin1');
  }

  test('its names are passed on as data', async () => {
    const host = inlineHost(createShell({ socket }));
    answer = [{ data: '\u001b[31mred.nep.' }, { data: 'fine.nep.' }, { data: `${'x'.repeat(300)}.` }];
    expect(words(await complete(host, 'zone del'))).toEqual(['\u001b\u001b\u001b[31mred.nep', 'fine.nep']);
    answer = [
      { owner: '\u001b.fine.nep.', ttl: '1', type: 'A', data: 'x' },
      { owner: 'out.side.', type: 'A', data: 'x' },
    ];
    expect(words(await complete(host, 'record list fine.nep'))).toEqual(['\u001b\u001b\u001b.fine.nep.', '@']);
    answer = [{ error: 'no such zone found' }];
    expect(words(await complete(host, 'record list fine.nep'))).toEqual([]);
    expect(words(await complete(host, 'zone del'))).toEqual([]);
    await host.close();
  });
});
