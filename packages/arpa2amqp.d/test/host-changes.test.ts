import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AclStore, parseIdentity, parseRights, parseSelector, resourceOf, type Edit } from '@arpa2amqp/acl';
import { AuditFile, AuditLog } from '@arpa2amqp/dispatcher';
import { WorkDirectory } from '@arpa2amqp/testkit';
import { hostAuthor } from '../src/host-author.js';
import { HostChanges } from '../src/host-changes.js';

type Line = Readonly<Record<string, unknown>>;

/** A log on a disk that becomes full after so many more writes. */
class FillingFile extends AuditFile {
  room = Number.POSITIVE_INFINITY;

  override prepare(): ReturnType<AuditFile['prepare']> {
    this.room -= 1;
    return this.room < 0 ? { code: 'ENOSPC', message: 'No space left on device' } : super.prepare();
  }
}

describe('changes of the lists on the host itself', () => {
  let folder: WorkDirectory;
  let store: AclStore;
  let disk: FillingFile;
  let audit: AuditLog;
  let failures: unknown[];

  const file = (): string => folder.file('acl.mdb');
  const admin = parseIdentity('admin@arpa2.test');
  const lines = (): Line[] =>
    readFileSync(folder.file('audit.log'), 'latin1')
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
  /** As a daemon that begins, looks and ends. */
  const look = async (): Promise<Line[]> => {
    const before = lines().length;
    const watch = new HostChanges({
      store,
      audit,
      file: folder.file('audit.lists'),
      onFailure: (error) => failures.push(error),
    });
    await watch.start();
    await watch.close();
    return lines().slice(before);
  };
  const grant = (selector: string): Edit => {
    return {
      kind: 'grant',
      resource: resourceOf('x', 'y'),
      selector: parseSelector(selector),
      rights: parseRights('%R'),
    };
  };
  const openAudit = (): void => {
    disk = new FillingFile({ path: folder.file('audit.log') });
    audit = new AuditLog({ destination: disk });
  };
  const change = async (by: string, ...edits: Edit[]) => await store.update(edits, { by });

  beforeEach(async () => {
    folder = new WorkDirectory('arpa2-host-changes');
    store = await AclStore.create(file(), admin, 'host:root');
    writeFileSync(folder.file('audit.log'), '', { mode: 0o600 });
    openAudit();
    failures = [];
  });
  afterEach(async () => {
    await store.close();
    await audit.close();
    folder.remove();
    expect(failures).toEqual([]);
  });

  test('are written down once each, those by way of commands not at all', async () => {
    expect(await look()).toMatchObject([{ record: 'lists', by: 'host:root', position: 1, class: 'arpa2acl' }]);
    expect(await look()).toEqual([]);
    await change('admin@arpa2.test', grant('a@x'));
    await change('host:root by way of +arpa2amqp@a.arpa2.test', grant('b@x'));
    await change('host:root@arpa2.test', grant('d@x'));
    await change('host:root@arpa2.test by way of +arpa2amqp@a.arpa2.test', grant('e@x'));
    await change('host:mary', grant('c@x'), { kind: 'add-group', group: parseIdentity('staff@x'), as: 'group' });
    expect(await look()).toMatchObject([
      { by: 'host:mary', position: 6, class: 'x', instance: 'y', change: 'grant x "y" %R c@x' },
      { by: 'host:mary', position: 6, change: 'add-group group staff@x' },
    ]);
    expect(await look()).toEqual([]);
  });

  test('are written down whatever the name of the user is', async () => {
    await look();
    const users = ['EXAMPLE\\mary ann', 'mary@example.com', 'x by way of +arpa2amqp@a'];
    for (const [n, user] of users.entries()) await change(hostAuthor(user), grant(`u${n}@x`));
    expect((await look()).map(({ by }) => by)).toEqual([
      'host:EXAMPLE\\mary ann',
      'host:mary%example.com',
      'host:x by way of +arpa2amqp%a',
    ]);
  });

  test('are counted when one command makes very many', async () => {
    await change('host:root', ...Array.from({ length: 250 }, (_, n) => grant(`user${n}@x`)));
    const found = await look();
    expect(found).toHaveLength(1 + 100 + 1);
    expect(found.at(-1)).toMatchObject({ position: 2, more: 150 });
  });

  test('are found among more than are read at a time', async () => {
    for (let n = 0; n < 210; n += 1) await change('admin@arpa2.test', grant(n % 2 === 0 ? '@x' : `u${n}@x`));
    await change('host:root', grant('last@x'));
    expect((await look()).at(-1)).toMatchObject({ change: 'grant x "y" %R last@x' });
  });

  test('are looked for in lists made anew from their beginning, in those of a backup from where they are', async () => {
    await look();
    copyFileSync(file(), folder.file('backup'));
    await change('host:root', grant('a@x'));
    expect(await look()).toHaveLength(1);
    const reopen = async (): Promise<void> => {
      store = await AclStore.open(file());
    };
    await store.close();
    copyFileSync(folder.file('backup'), file());
    await reopen();
    // Another second change than the one that was seen.
    await change('admin@arpa2.test', grant('b@x'));
    expect(await look()).toMatchObject([{ replaced: 'put back from a backup', before: 2 }]);
    await store.close();
    rmSync(file());
    store = await AclStore.create(file(), admin, 'host:root');
    expect(await look()).toMatchObject([
      { replaced: 'made anew', before: 2 },
      { by: 'host:root', position: 1 },
    ]);
  });

  test('come again when what was seen is lost, but never go missing, also when the log fails in the midst', async () => {
    await change('host:root', grant('a@x'));
    disk.room = 1;
    expect(await look()).toEqual([]);
    expect(failures.splice(0)).toMatchObject([{ code: 'unavailable' }]);
    // As a daemon that is killed while the disk is full.
    audit.destroy();
    openAudit();
    expect(await look()).toMatchObject([{ position: 1 }, { position: 2, change: 'grant x "y" %R a@x' }]);
    writeFileSync(folder.file('audit.lists'), '{"store":');
    expect(await look()).toHaveLength(2);
  });
});
