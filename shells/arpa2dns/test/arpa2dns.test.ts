import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inlineHost, requirementsOf } from '@arpa2amqp/shell';
import { describeWith, KnotServer, waitUntil } from '@arpa2amqp/testkit';
import { createShell } from '../src/index.js';
import { conversations, DnsShell, type TestCommand } from './dns-shell.js';

const HASH = createHash('sha512').update('public key').digest('hex');
const SHA256 = createHash('sha256').update('public key').digest('hex');
const DONE = { stdout_: '' };
const delayed = (seconds: string) => ({ headers_: [['Cache-Update-Delay', seconds]], stdout_: '' });
const OK = delayed('3600');

describeWith(['knotd'], 'arpa2dns on a real Knot', () => {
  let knot: KnotServer;
  let shell: DnsShell;
  let zones = 0;

  beforeAll(async () => {
    knot = await KnotServer.start();
    shell = new DnsShell({ socket: knot.socket });
  });
  afterAll(async () => {
    await knot.close();
  });

  const data = async (name: string, type: string) =>
    (await knot.query(name, type)).records.map((record) => record.data);
  const freshZone = async () => {
    const zone = `z${++zones}.nep`;
    expect(await shell.run(`zone add ${zone} ns1.example.org. admin@example.org`)).toEqual(DONE);
    return zone;
  };

  test('the batch of the seed is served', async () => {
    const replies = await shell.batch([
      { do_: 'zone add', zone: 'orvelte.nep', ns1: 'ns1.orvelte.nep.', rp: 'john.doe@orvelte.nep' },
      { do_: ['dane', 'config', 'any-end', 'pubkey', 'sha512'] },
      { do_: ['dane', 'add'], zone: 'orvelte.nep', _proto: '_tcp', port: '443', owner: '@', 'to-be-matched': HASH },
      { do_: 'whoami' },
      { do_: 'ping' },
      { do_: 'ping6' },
    ]);
    expect(replies[0]).toEqual({
      stdout_: expect.stringContaining('ns1.orvelte.nep is inside the zone and has no address yet'),
    });
    expect(replies[1]).toEqual(DONE);
    expect(replies[2]).toEqual(OK);
    expect(replies[4]).toMatchObject({ stderr_: expect.anything() });
    expect(replies[5]).toEqual({ stdout_: 'pong6\n' });
    expect(await knot.query('_443._tcp.orvelte.nep', 'TLSA')).toEqual({
      status: 'NOERROR',
      records: [{ owner: '_443._tcp.orvelte.nep.', ttl: 3600, type: 'TLSA', data: `3 1 2 ${HASH.toUpperCase()}` }],
    });
    expect(await data('orvelte.nep', 'NS')).toEqual(['ns1.orvelte.nep.']);
    const [soa] = await data('orvelte.nep', 'SOA');
    expect(soa).toMatch(/^ns1\.orvelte\.nep\. john\\\.doe\.orvelte\.nep\. \d+ 10800 3600 1814400 3600$/);
    expect(Math.abs(Number(soa!.split(' ')[2]) - Date.now() / 1000)).toBeLessThan(60);
  });

  test('zones come, are listed, and go with all their records', async () => {
    const zone = await freshZone();
    expect(await shell.run('zone list')).toEqual({ zones: expect.arrayContaining([zone]) });
    expect(await shell.run(`zone add ${zone}. ns9.example.org x@example.org`)).toMatchObject({
      stderr_: expect.stringContaining(`"${zone}." failed: it exists already`),
      error_: { code: 'failed' },
    });
    expect(await data(zone, 'NS')).toEqual(['ns1.example.org.']);
    // A deletion right behind a change: the zone file is then being written in the background.
    for (let round = 0; round < 10; round++) {
      const replies = await shell.batch([
        `record add ${zone} www${round} A 192.0.2.1`,
        `zone del ${zone}`,
        `zone add ${zone} ns2.example.org admin@example.org`,
        `record list ${zone} www${round}`,
      ]);
      expect(replies).toEqual([OK, DONE, DONE, { records: [] }]);
    }
    expect(await data(zone, 'NS')).toEqual(['ns2.example.org.']);
    expect(await shell.run(`zone del ${zone}`)).toEqual(DONE);
    expect((await knot.query(zone, 'SOA')).status).toBe('REFUSED');
    expect(await shell.run(`zone del ${zone}`)).toMatchObject({
      stderr_: expect.stringContaining('no such zone is configured'),
    });
  });

  test('dane: from 3 1 1 on, settings last for the batch, add and del', async () => {
    const zone = await freshZone();
    const add = (to: string, owner = 'www') => `dane add ${zone} _tcp 443 ${owner} ${to}`;
    expect(await shell.batch([add(SHA256), 'dane config trust-root cert sha512', add(HASH), add(SHA256)])).toEqual([
      OK,
      DONE,
      OK,
      { stderr_: expect.stringContaining('is not a sha512 value: 128 hexadecimal digits'), error_: { code: 'failed' } },
    ]);
    expect((await data(`_443._tcp.www.${zone}`, 'TLSA')).sort()).toEqual([
      `2 0 2 ${HASH.toUpperCase()}`,
      `3 1 1 ${SHA256.toUpperCase()}`,
    ]);
    // A new batch begins with 3 1 1 again.
    expect(await shell.run(`dane del ${zone} _tcp 443 www ${SHA256}`)).toEqual(OK);
    expect(await data(`_443._tcp.www.${zone}`, 'TLSA')).toEqual([`2 0 2 ${HASH.toUpperCase()}`]);
    expect(await shell.run(`dane del ${zone} _tcp 443 www ${SHA256}`)).toMatchObject({
      stderr_: expect.stringContaining('the zone has no such record'),
    });
    expect(await shell.run(`dane add ${zone} udp * @ ${SHA256}`)).toEqual(OK);
    expect(await data(`_53._udp.${zone}`, 'TLSA')).toHaveLength(1);
  });

  test('the priority that the lists are asked about is that of the record', async () => {
    const zone = await freshZone();
    const { table } = inlineHost(createShell());
    const priorities: unknown[] = [];
    for (const rdata of [
      ['7', 'mail'],
      ['0013 mail'],
      ['65535', 'mail'],
      ['\\#', '3', '00', '1e', '00'],
      ['\\#', '3', '002800'],
    ]) {
      const command = { do_: 'record add', zone, fqdn: 'mx', rtype: 'MX', rdata };
      expect(await shell.run(command)).not.toHaveProperty('stderr_');
      const plan = table.planJson(command);
      const required = plan.ok ? requirementsOf(plan.description, plan.command) : null;
      priorities.push(required?.kind === 'required' ? required.requirements[0]?.instances[0]?.split(' ')[2] : required);
    }
    for (const odd of ['"10"', '\\0490', '65546', '0x10', 'ten']) {
      expect(
        await shell.run({ do_: 'record add', zone, fqdn: 'mx', rtype: 'MX', rdata: [odd, 'mail'] }),
      ).toHaveProperty('stderr_');
    }
    const served = (await data(`mx.${zone}`, 'MX')).map((text) => text.split(' ')[0]);
    expect(priorities.map(Number).sort()).toEqual(served.map(Number).sort());
    expect(priorities).toEqual(['7', '13', '65535', '30', '40']);
  });

  test('records: all words count, del deletes the one, list shows', async () => {
    const zone = await freshZone();
    expect(
      await shell.batch([
        `record add ${zone} @ in 300 MX 10 mail`,
        `record add ${zone} @ MX 20 mail2.example.org.`,
        `record add ${zone} www AAAA 2001:db8::1`,
        { do_: 'record add in', zone, fqdn: 'www', ttl: '60', rtype: 'AAAA', rdata: '2001:db8::2' },
        { do_: 'record add', zone, fqdn: 'txt', rtype: 'txt', rdata: ['v=spf1 -all', 'a "quote"; \\ and ü'] },
        { do_: 'record add', zone, fqdn: 'own', rtype: 'TYPE65400', rdata: ['\\#', '2', 'abcd'] },
        { do_: 'record add', zone, fqdn: '@', rtype: 'CAA', rdata: ['0', 'issue', '"ca.example; policy=ev"'] },
      ]),
    ).toEqual([OK, delayed('300'), OK, delayed('3600'), OK, OK, OK]);
    expect((await knot.query(zone, 'MX')).records).toEqual([
      { owner: `${zone}.`, ttl: 300, type: 'MX', data: `10 mail.${zone}.` },
      { owner: `${zone}.`, ttl: 300, type: 'MX', data: '20 mail2.example.org.' },
    ]);
    // The TTL that was given became that of the whole set.
    expect((await knot.query(`www.${zone}`, 'AAAA')).records.map(({ ttl }) => ttl)).toEqual([60, 60]);
    expect(await data(`txt.${zone}`, 'TXT')).toEqual(['"v=spf1 -all" "a \\"quote\\"; \\\\ and \\195\\188"']);
    expect(await data(zone, 'CAA')).toEqual(['0 issue "ca.example; policy=ev"']);

    // What list prints can be given to del.
    const { records } = (await shell.run(`record list ${zone} txt`)) as unknown as {
      records: Record<string, string>[];
    };
    expect(records).toHaveLength(1);
    expect(await shell.run({ do_: 'record del', zone, ...without(records[0]!, 'ttl') })).toEqual(OK);
    expect((await knot.query(`txt.${zone}`, 'TXT')).status).toBe('NXDOMAIN');
    expect(await shell.run(`record del ${zone} www AAAA 2001:db8::1`)).toEqual(delayed('60'));
    expect(await shell.run(`record list ${zone} www AAAA`)).toEqual({
      records: [{ fqdn: `www.${zone}.`, ttl: 60, rtype: 'AAAA', rdata: '2001:db8::2' }],
    });
    expect(await shell.run(`record list ${zone} nothing.here`)).toEqual({ records: [] });
    expect(await shell.run({ do_: 'record list', zone })).toEqual({
      records: expect.arrayContaining([expect.objectContaining({ rtype: 'SOA' })]),
    });
  });

  test('the delay of something new is how long its absence is remembered, that of SOA nothing', async () => {
    const zone = await freshZone();
    const now = Math.floor(Date.now() / 1000);
    const soa = (serial: number, minimum: number) => ({
      ...{ do_: 'record add', zone, fqdn: '@', ttl: '900', rtype: 'SOA' },
      rdata: `ns1.example.org. admin.example.org. ${serial} 1 1 1 ${minimum}`,
    });
    expect(
      await shell.batch([
        soa(now + 10, 1200),
        `record add ${zone} a A 192.0.2.1`,
        soa(now + 20, 77),
        `record add ${zone} b 5 A 192.0.2.1`,
        `record del ${zone} b A 192.0.2.1`,
      ]),
    ).toEqual(['0', '900', '0', '77', '5'].map(delayed));
    // Knot takes an older serial, and then can commit nothing more.
    expect(await shell.run(soa(now, 77))).toMatchObject({ stderr_: expect.stringContaining('is not newer than') });
  });

  test('acme: the text is served as given', async () => {
    const zone = await freshZone();
    const text = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr_oA';
    expect(
      await shell.batch([
        `acme add ${zone} www ${text}`,
        { do_: 'acme add', zone, fqdn: '*.@', txtfield: 'a b;"c"\\' },
      ]),
    ).toEqual([OK, OK]);
    expect(await data(`_acme-challenge.www.${zone}`, 'TXT')).toEqual([`"${text}"`]);
    expect(await data(`_acme-challenge.${zone}`, 'TXT')).toEqual(['"a b;\\"c\\"\\\\"']);
    expect(await shell.run(`acme del ${zone} www.${zone} ${text}`)).toEqual(OK);
    expect((await knot.query(`_acme-challenge.www.${zone}`, 'TXT')).status).toBe('NXDOMAIN');
  });

  test('enum: a number leads to a URI, and so do longer ones', async () => {
    expect(
      await shell.batch([
        'zone add +1-23.45 ns1.example.com admin@example.com',
        'enum add +12345 1 E2U+xmpp xmpp:\\1@jabber.nep',
        'enum add +12345 wildcard 1 E2U+xmpp xmpp:\\1+\\2@jabber.nep',
      ]),
    ).toEqual([DONE, OK, OK]);
    expect(await data('5.4.3.2.1.e164.arpa', 'NAPTR')).toEqual([
      '10 10 "u" "E2U+xmpp" "!^\\\\+1(2345)$!xmpp:\\\\1@jabber.nep!" .',
    ]);
    expect(await data('9.8.5.4.3.2.1.e164.arpa', 'NAPTR')).toEqual([
      '10 10 "u" "E2U+xmpp" "!^\\\\+1(2345)(.*)$!xmpp:\\\\1+\\\\2@jabber.nep!" .',
    ]);
    expect(
      await shell.batch([
        'enum del +12345 1 E2U+xmpp xmpp:\\1@jabber.nep',
        'enum del +12345 wildcard 1 E2U+xmpp xmpp:\\1+\\2@jabber.nep',
        'record list 5.4.3.2.1.e164.arpa @ NAPTR',
        'zone del 5.4.3.2.1.e164.arpa',
      ]),
    ).toEqual([OK, OK, { records: [] }, DONE]);
  });

  describe('what is refused changes nothing:', () => {
    let zone: string;
    let before: unknown;
    beforeAll(async () => {
      zone = await freshZone();
      await shell.run(`record add ${zone} www A 192.0.2.1`);
      before = await shell.run(`record list ${zone}`);
    });

    const cases: [name: string, command: (zone: string) => string | TestCommand, message: RegExp][] = [
      ['a person without address', () => 'zone add bad.nep ns1.bad.nep. admin.bad.nep.', /is not an e-mail address/],
      ['a name server that is no host', () => 'zone add bad.nep ns_1.bad.nep. a@b.c', /is not a host name/],
      ['a zone that is no name', () => 'zone add bad..nep ns1.bad.nep. a@b.c', /has the label ""/],
      ['a record of an unknown zone', () => 'record add nix.nep www A 192.0.2.1', /no such zone/],
      ['a list of an unknown zone', () => 'record list nix.nep', /there is no such zone/],
      ['an owner outside', (z) => `record add ${z} www.example.org. A 192.0.2.1`, /is not in zone/],
      ['data of another type', (z) => `record add ${z} www A 2001:db8::1`, /its data is not that of a A record/],
      ['more data than fits', (z) => `record add ${z} www A 192.0.2.1 192.0.2.2`, /its data is not that of a A record/],
      [
        'a second line',
        (z) => ({ do_: 'record add', zone: z, fqdn: 'x', rtype: 'A', rdata: '192.0.2.1\n192.0.2.2' }),
        /printable ASCII/,
      ],
      [
        'a comment',
        (z) => ({ do_: 'record add', zone: z, fqdn: 'x', rtype: 'A', rdata: '192.0.2.1 ; x' }),
        /semicolon/,
      ],
      ['an unknown type', (z) => `record add ${z} x AAA ::1`, /did you mean "AAAA"/],
      ['a TTL out of range', (z) => `record add ${z} x 2147483648 A 192.0.2.1`, /2147483648/],
      ['a CNAME beside others', (z) => `record add ${z} www CNAME other`, /contradict each other/],
      ['a record that is there', (z) => `record add ${z} www A 192.0.2.1`, /has this record already/],
      [
        'a record that is there, with another TTL',
        (z) => `record add ${z} www 5 A 192.0.2.1`,
        /has this record already/,
      ],
      ['a record that is not there', (z) => `record del ${z} www A 192.0.2.9`, /has no such record/],
      ['a name that is not there', (z) => `record del ${z} nix A 192.0.2.9`, /has no such record/],
      ['the last name server', (z) => `record del ${z} @ NS ns1.example.org.`, /last NS record/],
      ['the SOA record', (z) => `record del ${z} @ SOA a b 1 1 1 1 1`, /cannot be deleted/],
      ['a SOA record below', (z) => `record add ${z} www SOA a b 1 1 1 1 1`, /at the zone/],
      ['what the signer makes', (z) => `record add ${z} www NSEC a A`, /made by the signer/],
      ['a protocol', (z) => `dane add ${z} _icmp 443 @ ${SHA256}`, /_icmp/],
      ['a port', (z) => `dane add ${z} _tcp 70000 @ ${SHA256}`, /70000/],
      [
        'the data of the seed, which is no hash',
        (z) => `dane add ${z} _tcp 443 @ AAM3as0i3rlkaf/sdfkjas4a/===`,
        /is not a sha256 value/,
      ],
      ['a challenge of a challenge', (z) => `acme add ${z} _acme-challenge.www x`, /already/],
      ['a number that is none', () => 'zone add +12a ns1.example.org a@b.c', /telephone number/],
      ['a zone that is no number', (z) => `enum add ${z} 0 E2U+sip sip:a@b.c`, /is not an ENUM zone/],
      ['a service', () => 'enum add +12345 1 sip sip:a@b.c', /service field/],
    ];

    test.each(cases)('%s', async (_, command, message) => {
      const reply = await shell.run(command(zone));
      expect(reply.stderr_).toMatch(message);
      expect(reply.error_!.code).toMatch(/^(failed|syntax)$/);
      expect(await shell.run(`record list ${zone}`)).toEqual(before);
      expect(((await shell.run('zone list')) as { zones?: string[] }).zones).not.toContain('bad.nep');
      expect(await knot.knotc('zone-status', zone, '+transaction')).not.toContain('open');
    });
  });

  test('twenty zones and records at once', async () => {
    const replies = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, index) =>
          await shell.batch([
            `zone add many${index}.nep ns1.example.org admin@example.org`,
            `record add many${index}.nep www A 192.0.2.${index}`,
          ]),
      ),
    );
    expect(replies).toEqual(Array.from({ length: 20 }, () => [DONE, OK]));
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => await data(`www.many${index}.nep`, 'A')),
    );
    expect(answers.flat()).toEqual(Array.from({ length: 20 }, (_, index) => `192.0.2.${index}`));
  });

  test('twenty records of one zone at once', async () => {
    const zone = await freshZone();
    const replies = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => await shell.run(`record add ${zone} www A 192.0.2.${index}`)),
    );
    expect(replies).toEqual(Array.from({ length: 20 }, () => OK));
    expect(await data(`www.${zone}`, 'A')).toHaveLength(20);
  });

  test('no conversation is left open', async () => {
    await freshZone();
    await waitUntil(() => conversations(knot.socket) === 0, { what: 'the end of all conversations' });
  });
});

test('the shell describes itself', () => {
  const { description } = createShell();
  expect(description.name).toBe('arpa2dns');
  expect(description.intro).toContain('this will be mapped to its ENUM counterpart.');
  expect(description.commands.map(({ spec }) => spec.split(' ')[0])).toEqual([
    'zone',
    'record',
    'dane',
    'acme',
    'enum',
  ]);
});

function without(record: Readonly<Record<string, string>>, key: string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}
