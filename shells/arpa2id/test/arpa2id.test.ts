import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openDirectory, type Kind, type Path } from '@arpa2amqp/directory';
import type { Reply } from '@arpa2amqp/protocol';
import { hostFor, loadShells, type Logger, type ShellPlace } from '@arpa2amqp/shell';
import { describeWith, SlapdServer, waitUntil, WorkDirectory } from '@arpa2amqp/testkit';
import { KINDS } from '../src/kinds.js';
import { IdShell, KeptLog, refusal, ShellFixture, STORES } from './id-shell.js';

for (const kind of STORES) {
  describeWith(kind.parts, `identities in ${kind.name}`, () => {
    const at = new ShellFixture(kind);

    const refused = async (line: string): Promise<string> => refusal(await at.shell.run(line));
    const show = async (line: string): Promise<Reply> => {
      const reply = await at.shell.run(line);
      expect(reply.stderr_).toBeUndefined();
      return reply;
    };

    describe('domains', () => {
      test('are added with their owner, listed in order, and handed over', async () => {
        expect(await show('domain list')).toEqual({ domains: [] });
        expect(await show('domain add Orvelte.NEP Orvelte   en Zonen')).toEqual({
          domain: 'orvelte.nep',
          owner: 'demo@arpa2.test',
        });
        await at.shell.prepare('domain add a-b.orvelte.nep Below', 'domain add 1.nep One');
        const orvelte = { domain: 'orvelte.nep', organisation: 'Orvelte en Zonen', owner: 'demo@arpa2.test' };
        expect(await show('domain list')).toEqual({
          domains: [
            { domain: '1.nep', organisation: 'One', owner: 'demo@arpa2.test' },
            { domain: 'a-b.orvelte.nep', organisation: 'Below', owner: 'demo@arpa2.test' },
            orvelte,
          ],
        });
        expect(await show('domain show ORVELTE.nep')).toEqual(orvelte);
        expect(await show('domain xfer orvelte.nep Mary+x@Other.NEP')).toEqual({
          domain: 'orvelte.nep',
          owner: 'mary+x@other.nep',
          before: 'demo@arpa2.test',
        });
        expect(await show('domain show orvelte.nep')).toEqual({ ...orvelte, owner: 'mary+x@other.nep' });
        expect(await show('domain del 1.nep')).toEqual({ removed: [{ kind: 'domain', identity: '1.nep' }] });
        await at.shell.prepare('domain del a-b.orvelte.nep', 'domain del orvelte.nep');
        expect(await show('domain list')).toEqual({ domains: [] });
      });

      test('are there once, and are not made by mistake', async () => {
        await at.shell.prepare('domain add once.nep Once');
        expect(await refused('domain add ONCE.nep Twice')).toBe('failed: There is a domain once.nep already');
        for (const line of ['domain del no.nep', 'domain show no.nep', 'domain xfer no.nep x@y.nep']) {
          expect(await refused(line)).toBe('failed: There is no domain no.nep');
        }
        for (const line of ['user add no.nep john John', 'user list no.nep', 'alias add no.nep john x']) {
          expect(await refused(line)).toBe('failed: There is no domain no.nep');
        }
        expect(await refused('domain add once.nep')).toMatch(/^syntax: /);
      });

      test('do not go with anything under them, unless forced: then all of it goes', async () => {
        const fill = ['user add', 'role add'].flatMap((add) =>
          Array.from({ length: 12 }, (_, index) => `${add} full.nep ${add[0]!}${index + 10} Name`),
        );
        await at.shell.prepare(
          'domain add full.nep Full',
          'domain add sub.full.nep Other',
          'user add sub.full.nep john John',
          ...fill,
          'alias add full.nep u10 work',
          'group add full.nep devs Developers',
          'member add full.nep devs one u10 work',
          'occupant add full.nep r10 two u11',
        );
        // Who may delete a domain need not be one who may know whom it has.
        expect(await refused('domain del full.nep')).toBe(
          'failed: The domain full.nep stays, because of 12 users, 1 group and 12 roles: user list, group list and role list ' +
            'name them; remove them before, or add the word force to remove them too',
        );
        const { removed } = (await show('domain del full.nep force')) as unknown as { removed: { identity: string }[] };
        expect(removed).toHaveLength(12 + 12 + 1 + 1 + 1 + 1 + 1);
        expect(removed.at(-1)).toEqual({ kind: 'domain', identity: 'full.nep' });
        const order = removed.map(({ identity }) => identity);
        expect(order.indexOf('devs+one@full.nep')).toBeLessThan(order.indexOf('u10+work@full.nep'));
        expect(order.indexOf('u10+work@full.nep')).toBeLessThan(order.indexOf('u10@full.nep'));
        expect(await refused('domain show full.nep')).toBe('failed: There is no domain full.nep');
        expect(await show('user list sub.full.nep')).toEqual({ users: [{ uid: 'john', name: 'John' }] });
      });
    });

    describe('users, groups and roles', () => {
      test('are added, listed and deleted', async () => {
        await at.shell.prepare('domain add plain.nep Plain');
        expect(await show('user add plain.nep John.Doe John  M. Doe')).toEqual({ identity: 'john.doe@plain.nep' });
        await at.shell.prepare('user add plain.nep -a Dash', 'group add plain.nep devs All who write');
        await at.shell.prepare('role add plain.nep sales Sells', 'role add plain.nep buyer Buys');
        expect(await show('user list plain.nep')).toEqual({
          users: [
            { uid: '-a', name: 'Dash' },
            { uid: 'john.doe', name: 'John M. Doe' },
          ],
        });
        expect(await show('group list plain.nep')).toEqual({ groups: [{ gid: 'devs', name: 'All who write' }] });
        expect(await show('role list plain.nep')).toEqual({
          roles: [
            { role: 'buyer', name: 'Buys' },
            { role: 'sales', name: 'Sells' },
          ],
        });
        expect(await show('user del plain.nep JOHN.doe')).toEqual({
          removed: [{ kind: 'user', identity: 'john.doe@plain.nep' }],
        });
        await at.shell.prepare('group del plain.nep devs', 'role del plain.nep sales force');
        expect(await show('group list plain.nep')).toEqual({ groups: [] });
        expect(await refused('user del plain.nep nobody')).toBe('failed: There is no user nobody@plain.nep');
        expect(await refused('role del plain.nep sales')).toBe('failed: There is no role sales@plain.nep');
      });

      test('share the names of the domain', async () => {
        await at.shell.prepare('domain add names.nep Names', 'user add names.nep taken Taken');
        await at.shell.prepare('domain add others.nep Others', 'group add others.nep taken Another');
        for (const other of ['user', 'group', 'role']) {
          expect(await refused(`${other} add names.nep Taken Again`)).toBe(
            'failed: There is a user taken@names.nep already',
          );
        }
        await at.shell.prepare('group add names.nep devs Developers');
        expect(await refused('group mov names.nep devs taken')).toBe('failed: There is a user taken@names.nep already');
        expect(await refused('group del names.nep taken')).toBe(
          'failed: There is no group taken@names.nep, taken@names.nep is a user',
        );
        expect(await refused('member add names.nep taken x taken')).toBe(
          'failed: There is no group taken@names.nep, taken@names.nep is a user',
        );
      });

      test('are renamed with all that hangs on them', async () => {
        await at.shell.prepare(
          'domain add mov.nep Mov',
          ...['john', 'mary'].map((uid) => `user add mov.nep ${uid} Name of ${uid}`),
          'alias add mov.nep john work',
          'group add mov.nep devs Developers',
          'role add mov.nep sales Sells',
          'member add mov.nep devs jd john',
          'member add mov.nep devs jw john work',
          'occupant add mov.nep sales one john work',
        );
        expect(await show('user mov mov.nep John Jan')).toEqual({ identity: 'jan@mov.nep', before: 'john@mov.nep' });
        expect(await show('group mov mov.nep devs coders')).toMatchObject({ identity: 'coders@mov.nep' });
        expect(await show('role mov mov.nep sales shop')).toMatchObject({ identity: 'shop@mov.nep' });
        expect(await show('member list mov.nep coders')).toEqual({
          members: [
            { member: 'jd', uid: 'jan' },
            { member: 'jw', uid: 'jan', alias: 'work' },
          ],
        });
        expect(await show('user show mov.nep jan')).toEqual({
          identity: 'jan@mov.nep',
          name: 'Name of john',
          aliases: ['work'],
          groups: [
            { gid: 'coders', member: 'jd' },
            { gid: 'coders', member: 'jw', alias: 'work' },
          ],
          roles: [{ role: 'shop', occupant: 'one', alias: 'work' }],
        });
        // The name is free again, and whoever takes it gets nothing with it.
        await at.shell.prepare('user add mov.nep john Another', 'alias add mov.nep john work');
        expect(await show('user show mov.nep john')).toMatchObject({ aliases: ['work'], groups: [], roles: [] });
        expect(await refused('user mov mov.nep jan mary')).toBe('failed: There is a user mary@mov.nep already');
        expect(await refused('user mov mov.nep jan JAN')).toBe('failed: The user has this name already');
        expect(await refused('user mov mov.nep nobody new')).toBe('failed: There is no user nobody@mov.nep');
        expect(await refused('group mov mov.nep devs new')).toBe('failed: There is no group devs@mov.nep');
      });
    });

    describe('aliases', () => {
      test('belong to a user', async () => {
        await at.shell.prepare(
          'domain add alias.nep Alias',
          'user add alias.nep john John',
          'user add alias.nep mary Mary',
        );
        expect(await show('alias add alias.nep john Work')).toEqual({ identity: 'john+work@alias.nep' });
        await at.shell.prepare('alias add alias.nep john home', 'alias add alias.nep mary work');
        expect(await show('alias list alias.nep john')).toEqual({
          aliases: [
            { alias: 'home', identity: 'john+home@alias.nep' },
            { alias: 'work', identity: 'john+work@alias.nep' },
          ],
        });
        expect(await refused('alias add alias.nep john WORK')).toBe(
          'failed: There is an alias john+work@alias.nep already',
        );
        expect(await refused('alias add alias.nep nobody work')).toBe('failed: There is no user nobody@alias.nep');
        expect(await refused('alias del alias.nep mary home')).toBe('failed: There is no alias mary+home@alias.nep');
        expect(await refused('alias list alias.nep nobody')).toBe('failed: There is no user nobody@alias.nep');
        expect(await show('alias del alias.nep john work')).toEqual({
          removed: [{ kind: 'alias', identity: 'john+work@alias.nep' }],
        });
        expect(await show('alias list alias.nep mary')).toMatchObject({ aliases: [{ alias: 'work' }] });
      });
    });

    describe('members and occupants', () => {
      beforeAll(async () => {
        await at.shell.prepare(
          'domain add seat.nep Seat',
          'user add seat.nep john John',
          'user add seat.nep mary Mary',
          'alias add seat.nep john work',
          'group add seat.nep devs Developers',
          'group add seat.nep ops Operators',
          'role add seat.nep sales Sells',
        );
      });

      test('a group and a role have them under names of their own', async () => {
        expect(await show('member add seat.nep devs JW john work')).toEqual({
          identity: 'devs+jw@seat.nep',
          for: 'john+work@seat.nep',
        });
        expect(await show('occupant add seat.nep sales one mary')).toEqual({
          identity: 'sales+one@seat.nep',
          for: 'mary@seat.nep',
        });
        expect(await show('occupant list seat.nep sales')).toEqual({ occupants: [{ occupant: 'one', uid: 'mary' }] });
        expect(await refused('member add seat.nep devs jw mary')).toBe(
          'failed: There is a member devs+jw@seat.nep already',
        );
        expect(await refused('occupant add seat.nep sales two john none')).toBe(
          'failed: There is no alias john+none@seat.nep',
        );
        expect(await refused('member add seat.nep devs x sales')).toBe(
          'failed: There is no user sales@seat.nep, sales@seat.nep is a role',
        );
        expect(await refused('member add seat.nep none x john')).toBe('failed: There is no group none@seat.nep');
        expect(await refused('member list seat.nep none')).toBe('failed: There is no group none@seat.nep');
        expect(await refused('occupant del seat.nep sales two')).toBe(
          'failed: There is no occupant sales+two@seat.nep',
        );
      });

      test('are listed with whom they are for, also when they are many', async () => {
        await at.shell.prepare('group add seat.nep many Many');
        const given = Array.from({ length: 130 }, (_, index) => ['john', 'john work', 'mary'][index % 3]!);
        await at.shell.prepare(...given.map((who, index) => `member add seat.nep many m${index + 100} ${who}`));
        expect(await show('member list seat.nep many')).toEqual({
          members: given.map((who, index) => {
            const [uid, alias] = who.split(' ');
            return { member: `m${index + 100}`, uid, ...(alias === undefined ? {} : { alias }) };
          }),
        });
        expect(await show('member list seat.nep many limit 1 after m100')).toEqual({
          members: [{ member: 'm101', uid: 'john', alias: 'work' }],
          more: { after: 'm101' },
        });
      });

      test('who is named with one that is to go must be the one', async () => {
        await at.shell.prepare('member add seat.nep ops m mary', 'occupant add seat.nep sales j john');
        expect(await refused('member del seat.nep ops m john')).toBe(
          'failed: The member ops+m@seat.nep does not stand for john@seat.nep',
        );
        expect(await refused('occupant del seat.nep sales j john work')).toBe(
          'failed: The occupant sales+j@seat.nep does not stand for john+work@seat.nep',
        );
        const wrong = await at.shell.run({
          do_: 'member del',
          domain: 'seat.nep',
          gid: 'ops',
          member: 'm',
          uid: 'john',
        });
        expect(refusal(wrong)).toBe('failed: The member ops+m@seat.nep does not stand for john@seat.nep');
        expect(await show('member del seat.nep ops m mary')).toEqual({
          removed: [{ kind: 'member', identity: 'ops+m@seat.nep' }],
        });
        expect(await show('occupant del seat.nep sales j')).toMatchObject({ removed: [{ kind: 'occupant' }] });
      });

      test('a user joins and leaves', async () => {
        await at.shell.prepare(
          'user add seat.nep kim Kim',
          'alias add seat.nep kim own',
          'role add seat.nep boss Boss',
        );
        expect(await show('member join seat.nep kim devs k')).toEqual({
          identity: 'devs+k@seat.nep',
          for: 'kim@seat.nep',
        });
        expect(await show('member join seat.nep kim own devs ko')).toMatchObject({ for: 'kim+own@seat.nep' });
        await at.shell.prepare('member join seat.nep kim own ops ko', 'occupant add seat.nep boss k kim own');
        expect(await refused('member join seat.nep kim devs k')).toBe(
          'failed: There is a member devs+k@seat.nep already',
        );
        // Who may change kim only does not learn who else there is.
        for (const name of ['sales', 'john', 'nobody']) {
          expect(await refused(`member leave seat.nep kim from ${name}`)).toBe(
            `failed: kim@seat.nep is no member of the group ${name}@seat.nep`,
          );
        }
        expect(await show('member leave seat.nep kim own from devs')).toEqual({
          removed: [{ kind: 'member', identity: 'devs+ko@seat.nep' }],
        });
        expect(await refused('member leave seat.nep kim own from devs')).toBe(
          'failed: kim+own@seat.nep is no member of the group devs@seat.nep',
        );
        expect(await show('member leave seat.nep kim')).toEqual({
          removed: [
            { kind: 'member', identity: 'devs+k@seat.nep' },
            { kind: 'member', identity: 'ops+ko@seat.nep' },
          ],
        });
        expect(await refused('member leave seat.nep kim')).toBe('failed: kim@seat.nep is no member of any group');
        expect(await show('occupant list seat.nep boss')).toMatchObject({ occupants: [{ occupant: 'k' }] });
      });
    });

    describe('references', () => {
      const prepare = async (domain: string): Promise<void> => {
        await at.shell.prepare(
          `domain add ${domain} Whole`,
          `user add ${domain} john John`,
          `user add ${domain} mary Mary`,
          `alias add ${domain} john work`,
          `alias add ${domain} john home`,
          `group add ${domain} devs Developers`,
          `role add ${domain} sales Sells`,
          `member add ${domain} devs jd john`,
          `member add ${domain} devs jw john work`,
          `member add ${domain} devs m mary`,
          `occupant add ${domain} sales one john work`,
        );
      };
      const WAY = 'remove them before, or add the word force to remove them too';
      const SHOWN = `user show names them; ${WAY}`;

      test('nobody vanishes from under them without being told', async () => {
        await prepare('whole.nep');
        expect(await refused('user del whole.nep john')).toBe(
          `failed: The user john@whole.nep stays, because of 2 memberships, 2 aliases and 1 occupation: ${SHOWN}`,
        );
        expect(await refused('alias del whole.nep john work')).toBe(
          `failed: The alias john+work@whole.nep stays, because of 1 membership and 1 occupation: ${SHOWN}`,
        );
        expect(await refused('group del whole.nep devs')).toBe(
          `failed: The group devs@whole.nep stays, because of 3 members: member list names them; ${WAY}`,
        );
        expect(await refused('role del whole.nep sales')).toBe(
          `failed: The role sales@whole.nep stays, because of 1 occupant: occupant list names them; ${WAY}`,
        );
        expect(await show('user show whole.nep john')).toMatchObject({ aliases: ['home', 'work'] });
        expect(await show('member list whole.nep devs')).toMatchObject({ members: [{}, {}, {}] });
      });

      test('with force they go too, and nothing else does', async () => {
        await prepare('force.nep');
        const { removed } = (await show('user del force.nep john force')) as unknown as {
          removed: { identity: string }[];
        };
        expect(removed.map(({ identity }) => identity.split('@')[0]).sort()).toEqual([
          'devs+jd',
          'devs+jw',
          'john',
          'john+home',
          'john+work',
          'sales+one',
        ]);
        expect(await show('member list force.nep devs')).toEqual({ members: [{ member: 'm', uid: 'mary' }] });
        expect(await show('occupant list force.nep sales')).toEqual({ occupants: [] });
        expect(await show('group del force.nep devs force')).toEqual({
          removed: [
            { kind: 'member', identity: 'devs+m@force.nep' },
            { kind: 'group', identity: 'devs@force.nep' },
          ],
        });
        expect(await show('user list force.nep')).toMatchObject({ users: [{ uid: 'mary' }] });
        await at.shell.prepare('role del force.nep sales', 'user del force.nep mary', 'domain del force.nep');
      });

      test('with an alias go its places only', async () => {
        await prepare('part.nep');
        expect(await show('alias del part.nep john work force')).toMatchObject({
          removed: [{ kind: 'member' }, { kind: 'occupant' }, { kind: 'alias', identity: 'john+work@part.nep' }],
        });
        expect(await show('user show part.nep john')).toEqual({
          identity: 'john@part.nep',
          name: 'John',
          aliases: ['home'],
          groups: [{ gid: 'devs', member: 'jd' }],
          roles: [],
        });
      });

      test('one of two administrators at work does not undo what the other does', async () => {
        await at.shell.prepare('domain add race.nep Race', 'group add race.nep devs Developers');
        await using other = await IdShell.open(at.store.options);
        const uids = Array.from({ length: 5 }, (_, index) => `u${index}`);
        await at.shell.prepare(...uids.map((uid) => `user add race.nep ${uid} Name`));
        const outcomes = await Promise.all(
          uids.flatMap((uid) => [
            at.shell.run(`user del race.nep ${uid} force`),
            other.batch([`alias add race.nep ${uid} x`, `member add race.nep devs ${uid} ${uid}`]),
          ]),
        );
        for (const reply of outcomes.flat()) expect(['failed', undefined]).toContain(reply.error_?.code);
        const { users } = (await show('user list race.nep')) as unknown as { users: { uid: string }[] };
        const { members } = (await show('member list race.nep devs')) as unknown as { members: { uid?: string }[] };
        const left = users.map(({ uid }) => uid);
        for (const { uid } of members) expect(left).toContain(uid);
        await at.shell.prepare('domain del race.nep force');
      });
    });

    test('lists come in parts when they are asked for so', async () => {
      const many = ['a', 'b', 'ba', 'bb', 'c'];
      await at.shell.prepare(
        'domain add parts.nep Parts',
        'user add parts.nep john John',
        ...many.flatMap((name) => [
          `domain add ${name}.parts.nep Below`,
          `user add parts.nep ${name} Name`,
          `alias add parts.nep john ${name}`,
        ]),
        'group add parts.nep devs Developers',
        'role add parts.nep sales Sells',
        ...many.flatMap((name) => [
          `member add parts.nep devs ${name} ${name}`,
          `occupant add parts.nep sales ${name} john ${name}`,
        ]),
      );
      for (const [list, plural, variable] of [
        ['user list parts.nep', 'users', 'uid'],
        ['alias list parts.nep john', 'aliases', 'alias'],
        ['member list parts.nep devs', 'members', 'member'],
        ['occupant list parts.nep sales', 'occupants', 'occupant'],
      ] as const) {
        const part = async (words: string): Promise<unknown> => {
          const { [plural]: rows, ...more } = (await show(`${list} ${words}`)) as unknown as Record<string, object[]>;
          return [rows!.map((row) => (row as Record<string, string>)[variable]), more];
        };
        expect([list, await part('prefix B')]).toEqual([list, [['b', 'ba', 'bb'], {}]]);
        expect(await part('prefix b limit 2')).toEqual([['b', 'ba'], { more: { after: 'ba' } }]);
        expect(await part('prefix b limit 2 after BA')).toEqual([['bb'], {}]);
        expect(await part('limit 3')).toEqual([['a', 'b', 'ba'], { more: { after: 'ba' } }]);
        expect(await part('limit 1 after bax')).toEqual([['bb'], { more: { after: 'bb' } }]);
        expect(await part('prefix *')).toEqual([[], {}]);
        expect(await refused(`${list} limit 9 after *`)).toMatch(/^failed: Cannot take "\*" as the /);
        for (const limit of ['0', '-1', 'x', '50001'])
          expect(await refused(`${list} limit ${limit}`)).toMatch(/^syntax/);
      }
      expect(await show('domain list prefix b limit 1 after B.parts.nep')).toMatchObject({
        domains: [{ domain: 'ba.parts.nep' }],
        more: { after: 'ba.parts.nep' },
      });
      expect(await show('domain list prefix bb.')).toMatchObject({ domains: [{ domain: 'bb.parts.nep' }] });
      expect(
        await at.shell.run({ do_: 'group list limit after', domain: 'parts.nep', after: 'a', limit: '9' }),
      ).toEqual({
        groups: [{ gid: 'devs', name: 'Developers' }],
      });
      expect(await show('role list parts.nep limit 1')).toEqual({ roles: [{ role: 'sales', name: 'Sells' }] });
      for (const name of many) await at.shell.prepare(`domain del ${name}.parts.nep`);
      await at.shell.prepare('domain del parts.nep force');
    });

    test('what was written is there for the next process', async () => {
      await using first = await IdShell.open(at.store.options);
      await first.prepare('domain add kept.nep Kept', 'user add kept.nep john John');
      await first[Symbol.asyncDispose]();
      await using second = await IdShell.open(at.store.options);
      expect(await second.run('user list kept.nep')).toEqual({ users: [{ uid: 'john', name: 'John' }] });
    });
  });
}

describeWith(['slapd'], 'a directory server that goes away', () => {
  test('is told as such, and found again', async () => {
    await using slapd = await SlapdServer.start();
    await using shell = await IdShell.open({ directory: { store: 'ldap', url: slapd.url, base: slapd.freshBase() } });
    await slapd.stop();
    expect(refusal(await shell.run('domain list'))).toMatch(/^unavailable: /);
    await slapd.restart();
    await shell.prepare('domain add back.nep Back');
    await slapd.stop();
    expect(refusal(await shell.run('domain add other.nep Other'))).toMatch(/^unavailable: /);
    expect(await shell.complete('user list')).toEqual([]);
    await slapd.restart();
    expect(await shell.run('domain list')).toMatchObject({ domains: [{ domain: 'back.nep' }] });
  });
});

test('a member that stands for nobody, by other hands, is listed and can be removed', async () => {
  const work = new WorkDirectory('arpa2id');
  const options = { file: work.file('identities.mdb') };
  const lenient = KINDS.map((kind): Kind => {
    return kind.name === 'member' ? { ...kind, references: { identity: { to: ['user', 'alias'] } } } : kind;
  });
  await using shell = await IdShell.open({ directory: options });
  await shell.prepare('domain add odd.nep Odd', 'user add odd.nep john John', 'group add odd.nep devs Developers');
  await shell.prepare('member add odd.nep devs jd john');
  const directory = await openDirectory(options, { kinds: lenient });
  const path: Path = [
    ['domain', 'odd.nep'],
    ['group', 'devs'],
    ['member', 'jd'],
  ];
  await directory.apply([{ op: 'set', path, references: { identity: [] } }]);
  await directory.close();
  expect(await shell.run('member list odd.nep devs')).toEqual({ members: [{ member: 'jd' }] });
  expect(refusal(await shell.run('group del odd.nep devs'))).toMatch(/because of 1 member:/);
  expect(refusal(await shell.run('member del odd.nep devs jd john'))).toBe(
    'failed: The member devs+jd@odd.nep does not stand for john@odd.nep',
  );
  expect(await shell.run('member del odd.nep devs jd')).toMatchObject({ removed: [{ kind: 'member' }] });
  work.remove();
});

/** Starts the shell in a process of its own, as the daemon does. */
async function startProcess(
  options: Readonly<Record<string, unknown>>,
  place: ShellPlace,
  logger: Logger,
): Promise<IdShell> {
  const manifests = await loadShells([fileURLToPath(new URL('../..', import.meta.url))]);
  const manifest = manifests.find(({ name }) => name === 'arpa2id')!;
  return new IdShell(await hostFor(manifest, { options, place, logger }));
}

describe('at the start', () => {
  test('a file that was cut is refused with what to do, and left as it is', async () => {
    const work = new WorkDirectory('arpa2id');
    const place = { address: '/internetwide/arpa2.test/here', state: work.path };
    const file = work.file('identities.mdb');
    const { lines, logger } = new KeptLog();
    {
      // None that is not there yet is made before a command needs it.
      await using shell = await startProcess({}, place, logger);
      await shell.prepare('ping6');
      expect(existsSync(file)).toBe(false);
      await shell.prepare('domain add kept.nep Kept');
    }
    truncateSync(file, 8192);
    const cut = readFileSync(file);
    const told =
      /Cannot open .*identities\.mdb": the file is cut or corrupted \(.*\); restore it from a backup, or move it away/;
    await expect(startProcess({}, place, logger)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringMatching(told), code: 'unavailable' }),
    );
    await expect(IdShell.open({ directory: { file } })).rejects.toThrow(told);
    expect(readFileSync(file).equals(cut)).toBe(true);
    expect(lines).toEqual([]);
    // What only completes has no say in that.
    await using completer = await IdShell.open({}, { ...place, completesOnly: true });
    expect(await completer.complete('domain show')).toEqual([]);
    work.remove();
  });

  test('a server that is away is a matter of the log', async () => {
    const { lines, logger } = new KeptLog();
    const options = { directory: { store: 'ldap', url: 'ldapi://%2Fnowhere', base: 'o=x' } };
    await using shell = await startProcess(options, { address: '/internetwide/arpa2.test/here' }, logger);
    const away = { shell: 'arpa2id', text: expect.stringMatching(/Cannot connect to .*ldapi:.*nowhere/) };
    await waitUntil(() => lines.length > 0, { what: 'the log' });
    expect(lines).toEqual([[away, 'shell-start-broke']]);
    expect(refusal(await shell.run('domain list'))).toMatch(/^unavailable: What is kept here cannot be reached now; /);
    expect(lines.at(-1)).toEqual([away, 'shell-store-failed']);
  });
});

test('who is far away is not told where entries are kept, the log of the host is', async () => {
  const work = new WorkDirectory('arpa2id');
  const [file, socket] = [work.file('none/identities.mdb'), work.file('slapd')];
  const { lines, logger } = new KeptLog();
  const place = { address: '/internetwide/arpa2.test/here', logger };
  for (const [directory, where] of [
    [{ file }, file],
    [{ store: 'ldap', url: `ldapi://${encodeURIComponent(socket)}`, base: 'o=x' }, socket],
  ] as const) {
    await using shell = await IdShell.open({ directory }, place);
    for (const line of ['domain list', 'domain add a.nep A']) {
      const told = refusal(await shell.run(line));
      const [, reference] = /^unavailable: What is kept here cannot be reached now; .* \((\w{8}) in/.exec(told)!;
      expect(told).not.toContain(work.file(''));
      const logged = lines.filter(([, event]) => event === 'store-failed').at(-1);
      expect(logged).toMatchObject([{ reference }, 'store-failed']);
      expect(JSON.stringify(logged)).toContain(where);
    }
  }
  expect(lines.filter(([, event]) => event === 'store-failed')).toHaveLength(4);
  work.remove();
});

describe('without a place to keep entries', () => {
  test('the shell can be described, and its commands say what to do', async () => {
    await using shell = await IdShell.open({});
    expect(refusal(await shell.run('domain list'))).toMatch(/^unavailable: .*file/);
    expect(await shell.complete('user list')).toEqual([]);
  });

  test('wrong options are refused before anything is opened', async () => {
    await expect(IdShell.open({ directroy: {} })).rejects.toThrow(/directroy.*directory/s);
    await expect(IdShell.open({ directory: { store: 'ldap', uri: 'x' } })).rejects.toThrow();
    await expect(IdShell.open({ directory: { store: 'sql' } })).rejects.toThrow();
  });
});
