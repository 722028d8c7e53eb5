import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AclShell } from './acl-shell.js';

const failed = (words: RegExp, code = 'failed') => ({ stderr_: expect.stringMatching(words), error_: { code } });
const DONE = { stdout_: '' };

describe('an entry for one class without the rights that all classes give', () => {
  const ops = 'ops@x';
  let shell: AclShell;
  beforeEach(async () => {
    shell = await AclShell.create();
    for (const line of [
      "acl add arpa2acl '' %RW ops@x",
      'acl add arpa2dns.zone orvelte.nep %RW john@x',
      "acl add mail '' %R @.",
    ]) {
      expect(await shell.run(line)).toEqual(DONE);
    }
  });
  afterEach(async () => await shell[Symbol.asyncDispose]());
  const except = async (rights: string) =>
    expect(await shell.run(`acl add arpa2acl arpa2dns.zone ${rights} ops@x`)).toEqual(DONE);

  test.each(['%', '%W'])('%s: list and export leave the class out, and say so', async (rights) => {
    await except(rights);
    const listed = await shell.run('acl list', ops);
    expect(listed).toMatchObject({ note: expect.stringMatching(/^1 class is left out/) });
    expect(JSON.stringify(listed)).not.toContain('"class":"arpa2dns.zone"');
    expect(JSON.stringify(listed)).toContain('"class":"mail"');
    const { stdout_ = '' } = await shell.run('acl export', ops);
    expect(stdout_).toMatch(/^# 1 class is left out.*\n# .*\n(acl arpa2acl .*\n)+acl mail .*\n$/);
    // Everybody else is shown everything.
    expect(await shell.run('acl list')).toMatchObject({ lists: { length: 4 } });
    expect((await shell.run('acl export')).stdout_).toBe(shell.store.exportText());
  });

  test('it holds for the groups of the caller and for the lists of the shell itself too', async () => {
    for (const line of ['group add staff@x', 'group join staff@x ops@x', 'acl add arpa2acl mail % staff@x']) {
      expect(await shell.run(line)).toEqual(DONE);
    }
    expect(JSON.stringify(await shell.run('acl list', ops))).not.toContain('"class":"mail"');
    await shell.run('acl add arpa2acl arpa2acl % @.x');
    await shell.run('acl add arpa2acl arpa2acl % @x');
    const listed = await shell.run('acl list', ops);
    expect(listed).toMatchObject({ note: '2 classes are left out, which you may not read' });
    expect(JSON.stringify(listed)).not.toContain('"class":"arpa2acl"');
  });

  test('nor are its lists named where they are in the way', async () => {
    await except('%W');
    for (const line of ['group add staff@x', 'acl add arpa2dns.zone secret.nep %R staff@x']) await shell.run(line);
    const { stderr_ } = await shell.run('group del staff@x', ops);
    expect(stderr_).toMatch(/^Nothing was changed: there are entries for it/);
    expect(stderr_).not.toContain('secret');
    expect(await shell.run('group del staff@x')).toEqual(failed(/entries on arpa2dns\.zone "secret\.nep"/));
  });

  test.each([
    ['who may edit all lists and read none', ["acl add arpa2acl '' %W writer@x"]],
    [
      'who may edit all lists and read one class',
      ["acl add arpa2acl '' %W writer@x", 'acl add arpa2acl mail %R writer@x'],
    ],
    ['a group that may', ['group add ops2@x', 'group join ops2@x writer@x', "acl add arpa2acl '' %W ops2@x"]],
  ])('nor to %s', async (_, lines) => {
    for (const line of [...lines, 'group add staff@x', 'acl add arpa2dns.zone secret.nep %R staff@x']) {
      expect(await shell.run(line)).toEqual(DONE);
    }
    expect([shell.may('writer@x', 'group del staff@x'), shell.may('writer@x', 'acl show arpa2dns.zone')]).toEqual([
      true,
      false,
    ]);
    const { stderr_ } = await shell.run('group del staff@x', 'writer@x');
    expect(stderr_).toMatch(/^Nothing was changed: there are entries for it/);
    expect(stderr_).not.toMatch(/secret|zone/);
  });

  test('they are to who may read all lists, and where the daemon asks none to who is in none', async () => {
    for (const line of ['group add staff@x', 'acl add arpa2dns.zone secret.nep %R staff@x']) await shell.run(line);
    for (const by of [ops, 'stranger@x']) {
      expect(await shell.run('group del staff@x', by)).toEqual(failed(/entries on arpa2dns\.zone "secret\.nep"/));
    }
  });

  test.each(['%', '%R'])('%s: an import does not touch the class', async (rights) => {
    await except(rights);
    const before = shell.store.exportText();
    const refusal = failed(/Nothing was changed: you may not edit the lists of "arpa2dns.zone"/, 'denied');
    const stdin_ = 'acl mail "" %W eve@x\nacl arpa2dns.zone "new" %A eve@x\n';
    for (const do_ of ['acl import', 'acl import force', 'acl import replace force']) {
      expect(await shell.run({ do_, stdin_ }, ops)).toEqual(refusal);
    }
    // What is not in the text would go.
    const all = failed(/"replace" is about the lists of "arpa2dns.zone"/, 'denied');
    expect(await shell.run({ do_: 'acl import replace force', stdin_: 'acl mail "" %W eve@x\n' }, ops)).toEqual(all);
    expect(shell.store.exportText()).toBe(before);
    expect(await shell.run({ do_: 'acl import', stdin_: 'acl mail "" %W eve@x\n' }, ops)).toEqual(DONE);
    expect(await shell.run({ do_: 'acl import', stdin_ })).toEqual(DONE);
  });

  test('who may edit a class unread does not take out with an import what his export does not have', async () => {
    await except('%W');
    const { stdout_ = '' } = await shell.run('acl export', ops);
    expect(await shell.run({ do_: 'acl import replace', stdin_: stdout_ }, ops)).toEqual(
      failed(/about the lists of "arpa2dns.zone"/, 'denied'),
    );
    expect(await shell.run({ do_: 'acl import', stdin_: 'acl arpa2dns.zone "new" %A eve@x\n' }, ops)).toEqual(DONE);
  });

  test.each(['%', '%R', '%W'])("%s: nothing goes to a host of the caller's choice", async (rights) => {
    const line = 'acl publish /internetwide/arpa2.test/mine';
    expect((await shell.run(line, ops)).stderr_).toMatch(/Cannot reach/);
    await except(rights);
    expect(await shell.run(line, ops)).toEqual(failed(/mine is not in "publish.to".*"arpa2dns.zone"/, 'denied'));
    expect((await shell.run(line)).stderr_).toMatch(/Cannot reach/);
  });
});

test('completion tells nobody what he may not read', async () => {
  await using shell = await AclShell.create();
  for (const line of [
    'group add staff@x',
    'group add own@x',
    'role add boss@x',
    'group join own@x ops@x blind@x',
    'acl add zone one %R a@b',
    'acl add arpa2acl zone %RW ops@x',
    'acl add arpa2acl zone %W blind@x',
    "acl add arpa2acl '' %RW all@x",
    'acl add arpa2acl arpa2acl % all@x',
    "acl add arpa2acl '' %W writer@x",
  ]) {
    expect(await shell.run(line)).toEqual(DONE);
  }
  // Rights on one class: its entries, no groups but the own ones.
  expect(await shell.complete('acl add zone one %R', '', 'ops@x')).toEqual(['@.', 'a@b', 'own@x']);
  expect(await shell.complete('acl del zone one', '', 'ops@x')).toEqual(['a@b']);
  expect(await shell.complete('acl show zone', '', 'ops@x')).toEqual(['one']);
  for (const line of ['group list', 'role del', 'group leave staff@x']) {
    expect([line, await shell.complete(line, '', 'ops@x')]).toEqual([line, []]);
    // Nor to who has rights on all lists, but on those of arpa2acl an entry without.
    expect([line, await shell.complete(line, '', 'all@x')]).toEqual([line, []]);
  }
  expect(await shell.complete('acl add zone one %R', '', 'all@x')).toEqual(['@.', 'a@b']);
  // Who only writes sees nothing of what is there.
  for (const by of ['blind@x', 'writer@x']) {
    expect(await shell.complete('acl add zone', '', by)).toEqual([]);
    expect(await shell.complete('acl del zone one', '', by)).toEqual([]);
    expect(await shell.complete('acl set zone one', 'a', by)).toEqual([]);
  }
  expect(await shell.complete('group join staff@x', '', 'writer@x')).toEqual([]);
});
