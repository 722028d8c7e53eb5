import { writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith, WorkDirectory } from '@arpa2amqp/testkit';
import { Credential, GSS_ERRORS, Name, SecurityContext } from '@arpa2amqp/gssapi';
import { Fixture, HOST, SERVICE } from './fixture.js';

describeWith(['krb5kdc'], 'what goes wrong has a code and says what to do', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await Fixture.create();
  });
  afterAll(async () => {
    await fixture.close();
  });

  const acquire = async (ccache: string) => await Credential.acquire({ usage: 'initiate', store: { ccache } });

  test('no ticket', async () => {
    const { realm, target } = fixture;
    const junk = `${realm.directory}/junk`;
    await writeFile(junk, 'junk');
    const expected = { code: 'gss-no-credentials', retryable: false, message: expect.stringContaining('run "kinit"') };
    await expect(acquire(realm.freshCache())).rejects.toMatchObject(expected);
    await expect(acquire(junk)).rejects.toMatchObject(expected);
    await expect(SecurityContext.initiate({ target }).step()).rejects.toMatchObject({
      ...expected,
      majorName: 'GSS_S_NO_CRED',
    });
  });

  test('the error keeps what the library said', async () => {
    await expect(acquire(fixture.realm.freshCache())).rejects.toMatchObject({
      name: 'GssError',
      major: 7 << 16,
      minor: -1765328189 >>> 0,
      majorName: 'GSS_S_NO_CRED',
      majorText: 'No credentials were supplied, or the credentials were unavailable or inaccessible',
      minorText: 'No credentials cache found',
    });
  });

  test('no keytab, a broken one, or one without the key', async () => {
    const { realm } = fixture;
    await writeFile(`${realm.directory}/broken.keytab`, 'junk');
    const expected = { code: 'gss-no-keytab', message: expect.stringContaining('"ktadd"') };
    for (const keytab of [`${realm.directory}/none.keytab`, `${realm.directory}/broken.keytab`]) {
      await expect(Credential.acquire({ usage: 'accept', store: { keytab } })).rejects.toMatchObject(expected);
    }
    using name = Name.service('nobody', HOST);
    const store = { keytab: realm.keytab(SERVICE) };
    await expect(Credential.acquire({ usage: 'accept', name, store })).rejects.toMatchObject(expected);
  });

  test('a service that the KDC does not know', async () => {
    using target = Name.service('nobody', HOST);
    await expect(fixture.initiate({ target }).step()).rejects.toMatchObject({
      code: 'gss-unknown-service',
      message: expect.stringContaining(`"nobody/${HOST}@ARPA2.TEST"`),
    });
  });

  test('a ticket for another service', async () => {
    using target = Name.service('other', HOST);
    const { token } = await fixture.initiate({ target }).step();
    await expect(fixture.accept().step(token!)).rejects.toMatchObject({ code: 'gss-wrong-service', retryable: false });
  });

  test('a ticket made with a key that the keytab no longer has', async () => {
    const { realm } = fixture;
    const keytab = await realm.addService('renewed/reservoir.arpa2.test');
    const service = await Credential.acquire({ usage: 'accept', store: { keytab, rcache: 'none:' } });
    await realm.changeKey('renewed/reservoir.arpa2.test');
    using target = Name.service('renewed', HOST);
    const { token } = await fixture.initiate({ target }).step();
    await expect(fixture.accept(service).step(token!)).rejects.toMatchObject({ code: 'gss-stale-keytab' });
    service.dispose();
  });

  test('a client keytab for a user whose key was changed, and one for a user that is gone', async () => {
    const { realm } = fixture;
    const client_keytab = await realm.addUser('changed');
    await realm.changeKey('changed');
    using name = Name.import('changed@ARPA2.TEST', 'principal');
    const store = { client_keytab, ccache: realm.freshCache() };
    await expect(Credential.acquire({ usage: 'initiate', name, store })).rejects.toMatchObject({
      code: 'gss-credentials-refused',
      message: expect.stringContaining('check the keytab'),
    });
    await realm.remove('changed');
    await expect(Credential.acquire({ usage: 'initiate', name, store })).rejects.toMatchObject({
      code: 'gss-unknown-user',
    });
  });

  test('no KDC: worth a retry, and cached tickets still serve', async () => {
    const { realm } = fixture;
    (await fixture.pair()).initiator.dispose();
    await realm.stopKdc();
    try {
      using target = Name.service('fresh', HOST);
      await expect(fixture.initiate({ target }).step()).rejects.toMatchObject({ code: 'gss-no-kdc', retryable: true });
      const store = { client_keytab: realm.keytab('demo'), ccache: realm.freshCache() };
      await expect(Credential.acquire({ usage: 'initiate', store })).rejects.toMatchObject({ code: 'gss-no-kdc' });
      expect((await fixture.initiate().step()).complete).toBe(true);
    } finally {
      await realm.startKdc();
    }
  });

  test('another mechanism than Kerberos', async () => {
    const spnego = Buffer.from('601c06062b0601050502a0123010a00e300c060a2b06010401823702020a', 'hex');
    for (const token of [spnego, Buffer.from('NTLMSSP\0\x01\0\0\0aaaaaaaa'), Buffer.alloc(0)]) {
      await expect(fixture.accept().step(token)).rejects.toMatchObject({ code: 'gss-bad-mechanism' });
    }
  });

  test('a credential for the other side, an unknown store key, a NUL', async () => {
    expect(() => fixture.accept(fixture.client)).toThrow(expect.objectContaining({ code: 'gss-bad-call' }));
    expect(() => fixture.initiate({ credential: fixture.service })).toThrow(
      expect.objectContaining({ code: 'gss-bad-call' }),
    );
    const store = { keytap: '/x' } as object;
    await expect(Credential.acquire({ usage: 'accept', store })).rejects.toThrow(/unknown key "keytap"/);
    await expect(Credential.acquire({ usage: 'accept', store: { keytab: '/x\0y' } })).rejects.toThrow(RangeError);
    await expect(Credential.acquire({ usage: 'initiate', lifetimeSeconds: 0.5 })).rejects.toThrow(RangeError);
  });

  test('no library: importing works, the first call names the Debian package', async () => {
    const directory = new WorkDirectory('arpa2-no-gss');
    await writeFile(directory.file('libgssapi_krb5.so.2'), 'not a library');
    const program = `
      const { Name } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
      try { Name.import('demo', 'user'); } catch (error) { console.log(JSON.stringify({ ...error, message: error.message })); }`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, LD_LIBRARY_PATH: directory.path },
    });
    directory.remove();
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'gss-library-missing',
      retryable: false,
      debianPackage: 'libgssapi-krb5-2',
      message: expect.stringContaining('install the Debian package libgssapi-krb5-2'),
    });
  });

  test('the catalogue has a sentence for every code, without a full stop', () => {
    for (const [code, { summary, advice }] of Object.entries(GSS_ERRORS)) {
      expect(code).toMatch(/^gss-[a-z-]+$/);
      expect(summary).toMatch(/^[A-Z].*[^.]$/);
      expect(advice).not.toMatch(/\.$/);
    }
  });
});
