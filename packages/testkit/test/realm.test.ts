import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { describeWith, isListening, Realm, runProgram, waitUntil } from '@arpa2amqp/testkit';

describeWith(['krb5kdc'], 'a throw-away realm', () => {
  test('gives tickets and keytabs, in a private directory, until it is closed', async () => {
    const realm = await Realm.create({ realm: 'OTHER.TEST', users: ['demo'], services: ['imap/mail.other.test'] });
    expect(statSync(realm.directory).mode & 0o777).toBe(0o700);
    await realm.addUser('pat', { password: 'with spaces', maxLifeSeconds: 60 });
    const cache = await realm.ticket('pat', { forwardable: true, lifetimeSeconds: 3600 });
    const { stdout } = await runProgram('klist', ['-f', cache], { environment: realm.environment });
    expect(stdout).toContain('pat@OTHER.TEST');
    expect(stdout).toMatch(/Flags: F/);
    const kinit = { environment: realm.environment, input: 'with spaces\n' };
    await runProgram('kinit', ['-c', realm.freshCache(), 'pat'], kinit);
    await expect(
      runProgram('kinit', ['-c', realm.freshCache(), 'pat'], { ...kinit, input: 'wrong\n' }),
    ).rejects.toThrow(/Password incorrect/);
    expect(existsSync(realm.keytab('imap/mail.other.test'))).toBe(true);
    await expect(realm.addUser('demo')).rejects.toThrow(/already exists/);
    await expect(realm.addUser('-policy x')).rejects.toThrow(RangeError);
    const port = realm.port;
    await realm.close();
    await realm.close();
    expect(existsSync(realm.directory)).toBe(false);
    expect(await isListening(port)).toBe(false);
  });

  test('can lose its KDC and get it back on the same port', async () => {
    const realm = await Realm.create({ users: ['demo'] });
    const port = realm.port;
    await realm.stopKdc();
    await expect(realm.ticket('demo')).rejects.toThrow(/Cannot contact any KDC/);
    await realm.startKdc();
    expect(realm.port).toBe(port);
    await realm.ticket('demo');
    await realm.close();
  });

  test('changes the environment of this process only between enter and leave', async () => {
    const before = process.env['KRB5_CONFIG'];
    const realm = await Realm.create();
    realm.enter();
    realm.enter();
    expect(process.env['KRB5_CONFIG']).toBe(realm.environment['KRB5_CONFIG']);
    realm.leave();
    expect(process.env['KRB5_CONFIG']).toBe(before);
    await realm.close();
  });

  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    'leaves nothing behind when its process ends by %s',
    async (signal) => {
      const program = `
      const { Realm } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
      const realm = await Realm.create();
      console.log(JSON.stringify({ directory: realm.directory, port: realm.port }));
      setInterval(() => undefined, 1000);`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const { directory, port } = JSON.parse(String((await lines.next()).value)) as { directory: string; port: number };
      expect(await isListening(port)).toBe(true);
      child.kill(signal);
      await waitUntil(async () => !existsSync(directory) && !(await isListening(port)), {
        what: 'the realm to be gone',
      });
    },
  );
});
