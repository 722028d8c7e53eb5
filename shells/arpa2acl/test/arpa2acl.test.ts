import { execFile } from 'node:child_process';
import { copyFileSync, truncateSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseDocument } from '@arpa2amqp/acl';
import { inlineHost } from '@arpa2amqp/shell';
import { WorkDirectory } from '@arpa2amqp/testkit';
import { createShell } from '../src/index.js';
import { ADMIN, AclShell } from './acl-shell.js';

const failed = (words: RegExp, code = 'failed') => ({ stderr_: expect.stringMatching(words), error_: { code } });
const DONE = { stdout_: '' };
const shown = (entry: string) => expect.objectContaining({ entry });

describe('lists', () => {
  test('entries are added, shown, replaced and taken out, of an instance and of the default', async () => {
    await using shell = await AclShell.create();
    expect(await shell.run('acl add arpa2dns.zone orvelte.nep %rw Ops@arpa2.test %%odd@arpa2.test')).toEqual(DONE);
    expect(await shell.run("acl add arpa2dns.zone '' %K @.arpa2.test %R @.")).toEqual(DONE);
    const instance = { class: 'arpa2dns.zone', instance: 'orvelte.nep' };
    expect(await shell.run('acl show arpa2dns.zone orvelte.nep')).toEqual({
      ...instance,
      serial: 1,
      entry: '%RW %%odd@arpa2.test ops@arpa2.test',
    });
    expect(await shell.run('acl show arpa2dns.zone')).toEqual(
      expect.objectContaining({ instance: '', entry: '%K @.arpa2.test %R @.' }),
    );
    expect(await shell.run('acl del arpa2dns.zone orvelte.nep %%odd@arpa2.test')).toEqual(DONE);
    expect(await shell.run('acl show arpa2dns.zone orvelte.nep')).toEqual(shown('%RW ops@arpa2.test'));
    const set = { do_: 'acl set', class: 'arpa2dns.zone', instance: '', entry: ['%D', 'a@b', '%', 'c@d'] };
    expect(await shell.run({ ...set, do_: 'acl set serial', serial: '1' })).toEqual(DONE);
    expect(await shell.run({ ...set, entry: '%D a@b  % c@d' })).toEqual({ stdout_: 'Nothing to change\n' });
    expect(await shell.run({ do_: 'acl show', class: 'arpa2dns.zone', instance: '' })).toEqual(shown('% c@d %D a@b'));
    expect(await shell.run('acl list')).toEqual({
      lists: [
        { class: 'arpa2acl', instance: '', serial: 1, entries: 1 },
        { class: 'arpa2dns.zone', instance: '', serial: 2, entries: 2 },
        { ...instance, serial: 2, entries: 1 },
      ],
    });
    expect(await shell.run('acl list arpa2dns.zone orvelte.nep')).toEqual({
      lists: [{ ...instance, serial: 2, entries: 1 }],
    });
    expect(await shell.run("acl set arpa2dns.zone '' serial 2 empty")).toEqual(DONE);
    expect(await shell.run('acl show arpa2dns.zone')).toEqual(shown(''));
    expect(await shell.run('acl show nothing.such x')).toEqual(shown(''));
  });

  test('a default and an instance that is named like a word of the grammar are told apart', async () => {
    await using shell = await AclShell.create();
    for (const instance of ['empty', 'force', 'serial', '%R', 'a@b', 'two words']) {
      expect(await shell.run({ do_: 'acl add', class: 'x', instance, rights: '%R', selector: '@.' })).toEqual(DONE);
      expect(await shell.run({ do_: 'acl show', class: 'x', instance })).toEqual(shown('%R @.'));
    }
    expect(await shell.run('acl set x force force empty')).toEqual(DONE);
    expect(await shell.run('acl show x force')).toEqual(shown(''));
    expect(await shell.run('acl add force serial %R @.')).toEqual(DONE);
    expect(await shell.run('acl show force serial')).toEqual(shown('%R @.'));
  });

  test('everything that can be shown can be set again', async () => {
    await using shell = await AclShell.create();
    await shell.run("acl add x '' %RW %%a@b c+d@e %A @. % +s@f");
    const { entry } = (await shell.run('acl show x')) as unknown as { entry: string };
    await shell.run("acl set x '' serial 1 empty");
    expect(await shell.run({ do_: 'acl set', class: 'x', instance: '', entry })).toEqual(DONE);
    expect(await shell.run('acl show x')).toEqual(expect.objectContaining({ serial: 3, entry }));
  });

  test('the log says who made a change', async () => {
    await using shell = await AclShell.create();
    await shell.run("acl add x '' %R @.", 'bob@arpa2.test');
    expect(shell.store.changesSince(1)).toMatchObject({ records: [{ by: 'bob@arpa2.test' }] });
  });
});

describe('refused, and nothing is changed', () => {
  let shell: AclShell;
  let before: string;
  beforeAll(async () => {
    shell = await AclShell.create();
    await shell.run("acl add x '' %R a@b");
    before = shell.store.exportText();
  });
  afterAll(async () => {
    expect(shell.store.exportText()).toBe(before);
    await shell[Symbol.asyncDispose]();
  });

  test.each([
    ['everyone by mistake', '@'],
    ['empty', ''],
    ['rights out of place', '%'],
    ['a single %', '%x@y'],
    ['a blank', 'a b@c'],
    ['513 characters', `${'a'.repeat(509)}@b.c`],
    ['a Cyrillic homograph', '\u0430dmin@arpa2.test'],
    ['a full-width @', 'admin\uff20arpa2.test'],
    ['a line break', 'a@b\nacl arpa2acl "" %A eve@x'],
    ['an escape', '\u001b[2Ja@b'],
    ['no domain', 'a@'],
    ['a user of many domains', 'a@.b'],
  ])('a selector with %s', async (_, selector) => {
    const list = { class: 'x', instance: '' };
    const replies = [
      await shell.run({ do_: 'acl add', ...list, rights: '%R', selector }),
      await shell.run({ do_: 'acl del', ...list, selector }),
      ...(selector === '' ? [] : [await shell.run({ do_: 'acl set', ...list, entry: ['%R', selector, '@.'] })]),
    ];
    for (const { stderr_ } of replies) expect(stderr_).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}]{10,400}\n?$/u);
  });

  test.each([
    ["acl add X '' %R @.", /class/],
    ["acl add x '' R @.", /expected|rights/i],
    ["acl add x '' %RR @.", /repeated/],
    ["acl add x '' %X @.", /unknown/],
    ["acl add x '' %R", /selector/],
    ["acl add x '' %R %W a@b", /No selector follows/],
    ["acl add a..b '' %R @.", /class/],
    ["acl set x ''", /expected/i],
    ["acl set x '' a@b", /No rights stand before/],
    ["acl set x '' %R a@b %W A@B", /twice/],
    ["acl del x '' a@b z@z", /no entry for exactly z@z/],
    ["acl add x '' serial 7 %W a@b", /at serial \d+, not 7/],
    ["acl add x '' serial -1 %W a@b", /./],
    ['acl test a x y', /identity/],
    ["acl add x '' %A svc/host.a@REALM.A", /written \+svc@host/],
    ["acl set arpa2acl '' %A admin/admin@ARPA2.TEST", /written \+svc@host/],
    ['acl test svc/host@REALM.A x y', /written \+svc@host/],
    ['group add staff/x@REALM.A', /written \+svc@host/],
    ['group join staff@x admin/admin@x', /written \+svc@host/],
    ['acl import', /no lists/],
    ['group join staff@x a@b', /no such group/],
    ['group add +x@y', /\+/],
    ['group list nobody@x', /no such group/],
    ['acl publish /internetwide/Upper/case', /canonical/],
    ['acl publish', /no hosts/],
    ['replica leave', /Nothing to leave/],
  ])('%s', async (line, words) => {
    expect((await shell.run(line)).stderr_).toMatch(words);
  });

  test.each([
    ['group a@b\ngroup a@b', /line 2/],
    ['acl arpa2acl "" %A @', /line 1/],
    ['acl x "" %A a@b\nacl y "" %A admin/admin@B', /line 2: .*written \+svc@host/],
    ['group a@b admin/admin@B', /line 1: .*written \+svc@host/],
    ['acl x "\u001b" %A @.', /line 1/],
    ['# only a comment\n', /no lists/],
  ])('the import of %j', async (stdin_, words) => {
    for (const do_ of ['acl import', 'acl import replace', 'acl import replace force']) {
      expect((await shell.run({ do_, stdin_ })).stderr_).toMatch(words);
    }
  });
});

test('a name of an earlier version that nobody can have is shown, and can be taken out', async () => {
  await using shell = await AclShell.create();
  const text = 'acl x "" %R admin/admin@b\ngroup g@b admin/admin@b\ngroup h/h@b\n';
  await shell.store.importDocument(parseDocument(text, 'stored'), { by: ADMIN, mode: 'merge' });
  expect(await shell.run('acl show x')).toEqual(shown('%R admin/admin@b'));
  expect(await shell.run('group list h/h@b')).toMatchObject({ group: 'h/h@b' });
  for (const line of ["acl del x '' admin/admin@b", 'group leave g@b admin/admin@b', 'group del h/h@b']) {
    expect(await shell.run(line)).toEqual(DONE);
  }
  expect(shell.store.exportText()).not.toContain('/');
});

describe('two administrators at once', () => {
  test('the second one who replaces what both have read is refused, with the serial', async () => {
    await using shell = await AclShell.create();
    await shell.run("acl add x '' %R a@b");
    expect(await shell.run("acl set x '' serial 1 %R a@b c@d")).toEqual(DONE);
    expect(await shell.run("acl set x '' serial 1 %R a@b e@f")).toEqual(failed(/at serial 2, not 1/));
    expect(await shell.run('acl show x')).toEqual(expect.objectContaining({ serial: 2, entry: '%R a@b c@d' }));
  });

  test('a list that has entries is replaced as it was seen, or by force, never blindly', async () => {
    await using shell = await AclShell.create();
    expect(await shell.run('acl set two.x i %R a@b.c')).toEqual(DONE);
    expect(await shell.run('acl add two.x i %R other@b.c', 'b@x')).toEqual(DONE);
    const blind = await shell.run('acl set two.x i %RW a@b.c');
    expect(blind).toEqual(
      failed(/^Nothing was changed: two\.x "i".*%R a@b\.c other@b\.c, at serial 2; write "serial 2" in front/),
    );
    expect(await shell.run('acl set two.x i empty')).toMatchObject({ error_: { code: 'failed' } });
    expect(await shell.run('acl show two.x i')).toEqual(shown('%R a@b.c other@b.c'));
    // What is there already is no loss, however often a script says it.
    expect(await shell.run('acl set two.x i %R other@b.c a@b.c')).toEqual({ stdout_: 'Nothing to change\n' });
    expect(await shell.run('acl set two.x i serial 2 %RW a@b.c')).toEqual(DONE);
    await shell.run('acl add two.x i %R other@b.c', 'b@x');
    expect(await shell.run('acl set two.x i serial 3 force empty')).toEqual(failed(/at serial 4, not 3/));
    expect(await shell.run('acl set two.x i force %W a@b.c')).toEqual(DONE);
    expect(await shell.run('acl show two.x i')).toEqual(shown('%W a@b.c'));
    // Who may not read the list is told its serial only, and of a long one nobody gets all.
    await shell.run('acl add arpa2acl two.x %W blind@x');
    const { stderr_: words } = await shell.run('acl set two.x i %R eve@x', 'blind@x');
    expect(words).toMatch(/1 in number, at serial 5/);
    expect(words).not.toContain('a@b.c');
    const many = Array.from({ length: 200 }, (_, n) => `user${n}@b.c`);
    await shell.run(`acl add two.x '' %R ${many.join(' ')}`);
    expect(await shell.run("acl set two.x '' empty")).toEqual(failed(/200 in number, at serial 1;/));
  });

  test('in two processes, neither loses an entry', async () => {
    await using shell = await AclShell.create();
    const edit = `
      import { createShell } from '${new URL('../dist/index.js', import.meta.url).href}';
      import { inlineHost } from '@arpa2amqp/shell';
      const [lists, name] = process.argv.slice(1);
      const host = inlineHost(createShell({ lists }));
      const session = await host.open({ identity: name + '@x', principal: name, expires: null });
      const limits = { timeoutMs: 20000, maxOutputBytes: 1000000 };
      const run = async (command) => await session.run(host.table.planJson(command).command, limits);
      for (let n = 0; n < 40; n += 1) {
        await run({ do_: 'acl add', class: 'added', instance: '', rights: '%R', selector: name + n + '@x' });
        for (;;) {
          const { serial, entry } = JSON.parse((await run({ do_: 'acl show', class: 'set' })).stdout);
          const longer = entry + ' %R ' + name + n + '@x';
          const { code, stderr } = await run({ do_: 'acl set serial', class: 'set', instance: '', serial: String(serial), entry: longer });
          if (code === null || code === undefined) break;
          if (!/at serial/.test(stderr)) throw new Error(stderr);
        }
      }
      await host.close();`;
    const run = async (name: string) =>
      await promisify(execFile)(process.execPath, ['--input-type=module', '-e', edit, shell.file, name], {
        cwd: import.meta.dirname,
      });
    await Promise.all([run('ann'), run('bob')]);
    expect(await shell.run('acl list')).toEqual({
      lists: [
        { class: 'added', instance: '', serial: 80, entries: 80 },
        expect.objectContaining({ class: 'arpa2acl' }),
        { class: 'set', instance: '', serial: 80, entries: 80 },
      ],
    });
  });
});

describe('the last administrator', () => {
  test.each([
    `acl del arpa2acl '' ${ADMIN}`,
    `acl add arpa2acl '' %R ${ADMIN}`,
    "acl set arpa2acl '' serial 1 empty",
    "acl set arpa2acl '' serial 1 %A @.",
    `acl add arpa2acl arpa2acl % ${ADMIN}`,
    'acl add arpa2acl arpa2acl % @.',
    `group add ${ADMIN}`,
  ])('stays: %s', async (line) => {
    await using shell = await AclShell.create();
    expect(await shell.run(line)).toEqual(failed(/leaves no user, service or member/));
    expect(shell.may(ADMIN, 'acl add arpa2acl arpa2acl %A a@b')).toBe(true);
    if (line.startsWith('group')) return;
    expect(await shell.run(line.replace(/^(?:\S+ ){4}(?:serial 1 )?/, '$&force '))).toEqual(DONE);
  });

  test('stays with an import too, unless it is forced', async () => {
    await using shell = await AclShell.create();
    const stdin_ = 'acl x "" %R @.\n';
    expect(await shell.run({ do_: 'acl import replace', stdin_ })).toEqual(failed(/leaves no user/));
    expect(await shell.run({ do_: 'acl import', stdin_ })).toEqual(DONE);
    expect(await shell.run({ do_: 'acl import replace force', stdin_ })).toEqual(DONE);
  });
});

describe('groups and roles', () => {
  test('members hold what their group holds, from one decision to the next', async () => {
    await using shell = await AclShell.create();
    for (const line of [
      'group add staff@arpa2.test',
      'role add postmaster@arpa2.test',
      'group join staff@arpa2.test john@other.test Mary@other.test',
      'role join postmaster@arpa2.test staff@arpa2.test',
      'acl add mail box %RW postmaster@arpa2.test',
    ]) {
      expect(await shell.run(line)).toEqual(DONE);
    }
    const tested = async () => await shell.run('acl test John+x@other.test mail box');
    expect(await tested()).toMatchObject({
      identity: 'john+x@other.test',
      class: 'mail',
      instance: 'box',
      rights: '%RW',
      decisions: expect.arrayContaining([
        {
          right: 'R',
          granted: true,
          selector: 'postmaster@arpa2.test',
          instance: 'box',
          via: ['staff@arpa2.test', 'postmaster@arpa2.test'],
          reason: expect.stringMatching(/^Granted right R \(read\) on mail "box": the entry for postmaster/),
        },
      ]),
    });
    expect(await shell.run('group list')).toEqual({
      groups: [{ group: 'staff@arpa2.test', serial: 2, members: 2 }],
    });
    expect(await shell.run('role list postmaster@arpa2.test')).toEqual({
      role: 'postmaster@arpa2.test',
      serial: 2,
      members: ['staff@arpa2.test'],
    });
    expect(await shell.run('group leave staff@arpa2.test john@other.test')).toEqual(DONE);
    expect(await tested()).toMatchObject({ rights: '%' });
    expect(await shell.run('group leave staff@arpa2.test john@other.test')).toEqual(failed(/no member/));
    expect(await shell.run('group join staff@arpa2.test mary@other.test')).toEqual({ stdout_: 'Nothing to change\n' });
    expect(await shell.run('group join staff@arpa2.test postmaster@arpa2.test')).toEqual(failed(/member of itself/));
    expect(await shell.run('role add staff@arpa2.test')).toEqual(failed(/there is a group of that name/));
    expect(await shell.run('role del staff@arpa2.test')).toEqual(failed(/it is a group/));
  });

  test('one that entries name is not removed, unless forced', async () => {
    await using shell = await AclShell.create();
    await shell.run('group add staff@arpa2.test');
    await shell.run("acl add mail '' %R staff@arpa2.test");
    expect(await shell.run('group del staff@arpa2.test')).toEqual(failed(/entries on mail; remove them first/));
    expect(await shell.run('group del staff@arpa2.test force')).toEqual(DONE);
    expect(await shell.run('group list')).toEqual({ groups: [] });
  });
});

describe('text', () => {
  test('an export is imported as the same lists', async () => {
    await using one = await AclShell.create();
    await using other = await AclShell.create();
    await one.run('group add staff@arpa2.test');
    await one.run('group join staff@arpa2.test john@other.test');
    await one.run({ do_: 'acl add', class: 'x', instance: 'a "quoted" one', rights: '%R', selector: '%%odd@x' });
    await other.run("acl add gone '' %R @.");
    const { stdout_ } = (await one.run('acl export')) as { stdout_: string };
    expect(parseDocument(stdout_).lists).toHaveLength(2);
    expect(await other.run({ do_: 'acl import replace', stdin_: stdout_ })).toEqual(DONE);
    const body = (text: string): string => text.replace(/^#.*\n/, '');
    expect(body(other.store.exportText())).toBe(body(stdout_));
    expect(await other.run({ do_: 'acl import', stdin_: stdout_ })).toEqual({ stdout_: 'Nothing to change\n' });
  });
});

describe('what commands need', () => {
  test('who edits the lists of one class edits nothing else', async () => {
    await using shell = await AclShell.create();
    const ops = 'ops@arpa2.test';
    await shell.run(`acl add arpa2acl arpa2dns.zone %RW ${ops}`);
    const allowed = [
      'acl list arpa2dns.zone',
      'acl show arpa2dns.zone orvelte.nep',
      "acl add arpa2dns.zone '' %A eve@x",
      'acl del arpa2dns.zone orvelte.nep eve@x',
      'acl set arpa2dns.zone orvelte.nep empty',
      'acl test eve@x arpa2dns.zone orvelte.nep',
    ];
    const denied = [
      'acl list',
      'acl export',
      'acl hosts',
      'acl import',
      'acl import replace force',
      'acl publish',
      "acl add arpa2acl '' %A eve@x",
      'acl add arpa2acl arpa2acl %A eve@x',
      'acl add arpa2acl arpa2dns.zone %A eve@x',
      "acl add arpa2acl.replica '' %A eve@x",
      'acl show arpa2acl',
      'acl set arpa2dns.zone2 x empty',
      'acl test eve@x arpa2acl x',
      'group list',
      'group add a@b',
      'group del a@b force',
      'group join a@b eve@x',
      'role leave a@b eve@x',
      'replica leave',
      'replica position 00000000-0000-0000-0000-000000000000',
    ];
    for (const line of allowed) expect([line, shell.may(ops, line)]).toEqual([line, true]);
    for (const line of denied) expect([line, shell.may(ops, line)]).toEqual([line, false]);
    for (const line of [...allowed, ...denied.slice(0, -1)]) {
      expect([line, shell.may(ADMIN, line)]).toEqual([line, true]);
      expect([line, shell.may('nobody@x', line)]).toEqual([line, false]);
    }
    // Who administers here is no host that sends lists.
    expect(shell.may(ADMIN, denied.at(-1)!)).toBe(false);
    await shell.run("acl add arpa2acl.replica '' %W +arpa2amqp@a.arpa2.test");
    expect(shell.may('+arpa2amqp@a.arpa2.test', denied.at(-1)!)).toBe(true);
    expect(shell.may('+arpa2amqp@a.arpa2.test', "acl add x '' %A eve@x")).toBe(false);
  });

  test('an entry for one class stands before that for all', async () => {
    await using shell = await AclShell.create();
    await shell.run(`acl add arpa2acl '' %A ops@x`);
    await shell.run(`acl add arpa2acl arpa2acl %R ops@x`);
    expect(shell.may('ops@x', "acl add any '' %A eve@x")).toBe(true);
    expect(shell.may('ops@x', "acl add arpa2acl '' %A eve@x")).toBe(false);
    // Nor by a way round.
    const onAll = ['group add a@b', 'role del a@b', 'acl import', 'acl publish', 'replica leave'];
    for (const line of onAll) expect([line, shell.may('ops@x', line)]).toEqual([line, false]);
    for (const line of ['acl export', 'group list', 'acl hosts']) expect(shell.may('ops@x', line)).toBe(true);
    // Nor is an entry on those lists one on all.
    await shell.run(`acl add arpa2acl arpa2acl %A own@x`);
    for (const line of [...onAll, 'acl export']) expect([line, shell.may('own@x', line)]).toEqual([line, false]);
  });
});

describe('completion', () => {
  test('knows what is there', async () => {
    await using shell = await AclShell.create({
      publish: { to: [{ address: '/internetwide/arpa2.test/b', connect: 'amqp://127.0.0.1:1' }] },
    });
    for (const line of [
      'acl add arpa2dns.zone orvelte.nep %R a@b %%odd@x',
      'group add staff@x',
      'role add boss@x',
      'group join staff@x john@x',
    ]) {
      await shell.run(line);
    }
    expect(await shell.complete('acl show')).toEqual(['arpa2acl', 'arpa2dns.zone']);
    expect(await shell.complete('acl add arpa2dns.zone', 'o')).toEqual(['orvelte.nep']);
    expect(await shell.complete('acl set arpa2dns.zone orvelte.nep serial')).toEqual(['1']);
    expect(await shell.complete('acl add arpa2dns.zone orvelte.nep', '%R')).toEqual(['%R', '%RW', '%RWCD']);
    expect(await shell.complete('acl del arpa2dns.zone orvelte.nep')).toEqual(['%%odd@x', 'a@b']);
    expect(await shell.complete('acl del arpa2dns.zone orvelte.nep', '%%o')).toEqual(['%%odd@x']);
    expect(await shell.complete('acl add x y %R')).toEqual(['@.', 'boss@x', 'staff@x']);
    expect(await shell.complete('acl set arpa2dns.zone orvelte.nep', 'a')).toEqual(['a@b']);
    expect(await shell.complete('group del')).toEqual(['staff@x']);
    expect(await shell.complete('group add')).toEqual([]);
    expect(await shell.complete('role list', 'b')).toEqual(['boss@x']);
    expect(await shell.complete('group leave staff@x')).toEqual(['john@x']);
    expect(await shell.complete('group join staff@x', 's')).toEqual(['staff@x']);
    expect(await shell.complete('acl test')).toEqual([ADMIN]);
    expect(await shell.complete('acl publish')).toEqual(['/internetwide/arpa2.test/b']);
    for (const hostile of ['\u0000', '\t', 'x'.repeat(3000), '\ud800']) {
      expect(await shell.complete('acl show arpa2dns.zone', hostile)).toEqual([]);
    }
  });

  test('is nothing where there are no lists', async () => {
    const host = inlineHost(createShell());
    const session = await host.open({ identity: ADMIN, principal: ADMIN, expires: null });
    const question = { command: host.table.find('acl')!, variable: 'class', partial: '', values: {}, literals: [] };
    expect(await session.complete(question, { timeoutMs: 1000 })).toEqual([]);
    await host.close();
  });

  test('every word and variable of every command has a line of help', () => {
    const { table, description } = inlineHost(createShell());
    for (const [index, grammar] of table.grammars.entries()) {
      if (description.commands[index]?.builtin === true) continue;
      const queue: string[][] = [[grammar.heads[0]!]];
      for (let line = queue.pop(); line !== undefined; line = queue.pop()) {
        for (const item of grammar.next(line)?.items ?? []) {
          if (!/^<(origin|position|mark|parts?|digest)>$/.test(`<${item.kind === 'variable' ? item.name : ''}>`))
            expect([line, item]).toEqual([line, expect.objectContaining({ help: expect.stringMatching(/^\S.{5,}/) })]);
          if (item.kind === 'literal' && line.length < 4) queue.push([...line, item.word]);
        }
      }
    }
  });
});

describe('the store', () => {
  const folder = new WorkDirectory('arpa2acl-store');
  afterAll(() => folder.remove());

  test('that is missing, cut or not told is named with what to do, and is used once it is there', async () => {
    await using shell = await AclShell.create();
    const run = async (options: object) => {
      const host = inlineHost(createShell(options));
      const session = await host.open({ identity: ADMIN, principal: ADMIN, expires: null });
      const plan = host.table.planLine(['acl', 'list']);
      const limits = { timeoutMs: 20_000, maxOutputBytes: 1_000_000 };
      const first = plan.ok ? await session.run(plan.command, limits) : undefined;
      return { first, again: async () => (plan.ok ? await session.run(plan.command, limits) : undefined), host };
    };
    const lists = folder.file('acl.mdb');
    const missing = await run({ lists });
    expect(missing.first).toMatchObject({ code: 'unavailable', stderr: expect.stringMatching(/acl init/) });
    copyFileSync(shell.file, lists);
    expect(await missing.again()).toMatchObject({ stdout: expect.stringMatching(/arpa2acl/) });
    await missing.host.close();
    const cut = folder.file('cut.mdb');
    copyFileSync(shell.file, cut);
    truncateSync(cut, 5000);
    const damaged = await run({ lists: cut });
    expect(damaged.first).toMatchObject({
      code: 'unavailable',
      stderr: expect.stringMatching(/restore it from a backup/),
    });
    await damaged.host.close();
    const none = await run({});
    expect(none.first).toMatchObject({ code: 'unavailable', stderr: expect.stringMatching(/--state DIR/) });
    await none.host.close();
  });
});

describe('options', () => {
  const place = { address: '/internetwide/arpa2.test/a', transport: { listen: 'amqp://127.0.0.1:1' } } as const;
  const to = (...hosts: object[]) => ({ publish: { to: hosts } });
  const other = { address: '/internetwide/arpa2.test/b', connect: 'amqp://127.0.0.1:1' };

  test.each<[string, unknown, RegExp]>([
    ['an unknown one', { list: '/x' }, /"list".*"lists"/],
    ['an unknown one of publish', { publish: { too: [] } }, /"too".*"to"/],
    ['a relative file', { lists: 'acl.mdb' }, /lists/],
    ['a bad address', to({ ...other, address: 'b' }), /not canonical/],
    ['this host', to({ ...other, address: place.address }), /this host itself/],
    ['a host twice', to(other, other), /twice/],
    ['no way to a host', to({ address: other.address }), /no "connect"/],
    ['another protocol', to({ ...other, connect: 'http://x' }), /connect/],
    ['no URL', to({ ...other, connect: 'amqp://[' }), /no URL/],
    ['a time that is none', { publish: { pollMs: 0 } }, /pollMs/],
    ['a certificate without its key', { publish: { certificate: '/c.pem' } }, /"key" go together/],
  ])('%s: refused', (_, options, words) => {
    expect(() => createShell(options, place)).toThrow(words);
  });

  test('without any, the shell describes itself', () => {
    expect(createShell().description.commands.map(({ spec }) => spec.split(' ')[0])).toEqual([
      'acl',
      'group',
      'role',
      'replica',
    ]);
    createShell(to({ address: other.address }), { transport: { connect: 'amqp://127.0.0.1:1' } });
  });
});
