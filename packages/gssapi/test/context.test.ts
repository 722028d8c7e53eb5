import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith, waitUntil } from '@arpa2amqp/testkit';
import { Credential, Name, SecurityContext } from '@arpa2amqp/gssapi';
import { Fixture, HOST, SERVICE } from './fixture.js';

describeWith(['krb5kdc'], 'a security context', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await Fixture.create();
  });
  afterAll(async () => {
    await fixture.close();
  });

  test('without the mutual flag is complete after one token, and the first message goes with it', async () => {
    const initiator = fixture.initiate();
    const step = await initiator.step();
    expect(step.complete).toBe(true);
    const payload = await initiator.encrypt(Buffer.from('at once'));
    const acceptor = fixture.accept();
    expect(await acceptor.step(step.token!)).toEqual({ token: null, complete: true });
    expect((await acceptor.decrypt(payload)).toString()).toBe('at once');
    expect((await initiator.decrypt(await acceptor.encrypt(Buffer.from('answer')))).toString()).toBe('answer');
    initiator.dispose();
    acceptor.dispose();
  });

  test('tells who is at each end, what it has and how long it lives', async () => {
    await fixture.withPair(async ({ initiator, acceptor }) => {
      for (const end of [initiator, acceptor]) {
        expect([...end.flags].sort()).toEqual(['confidentiality', 'integrity', 'replay', 'transferable']);
        expect(end.initiatorName).toBe('demo@ARPA2.TEST');
        expect(end.targetName).toBe(`${SERVICE}@ARPA2.TEST`);
        expect(end.delegatedCredential).toBeNull();
      }
      expect([initiator.isInitiator, acceptor.isInitiator]).toEqual([true, false]);
      expect(initiator.lifetimeSeconds).toBeGreaterThan(35_000);
      // MIT's acceptor grants the permitted clock skew on top.
      expect(acceptor.lifetimeSeconds).toBeGreaterThan(initiator.lifetimeSeconds);
      expect(acceptor.expires!.getTime()).toBeGreaterThan(Date.now());
      await Promise.resolve();
    });
  });

  test('with the mutual flag takes a second leg and says so', async () => {
    const initiator = fixture.initiate({ flags: ['mutual', 'sequence', 'replay', 'confidentiality', 'integrity'] });
    const first = await initiator.step();
    expect(first.complete).toBe(false);
    const acceptor = fixture.accept();
    const answer = await acceptor.step(first.token!);
    expect(answer.complete).toBe(true);
    expect(await initiator.step(answer.token!)).toEqual({ token: null, complete: true });
    expect(initiator.flags).toContain('mutual');
    expect(acceptor.flags).toContain('sequence');
    initiator.dispose();
    acceptor.dispose();
  });

  test('refuses properties, messages and senseless steps before it is complete, and goes on afterwards', async () => {
    const initiator = fixture.initiate();
    expect(initiator.complete).toBe(false);
    expect(() => initiator.initiatorName).toThrow(expect.objectContaining({ code: 'gss-no-context' }));
    expect(() => initiator.wrapSizeLimit(1000)).toThrow(expect.objectContaining({ code: 'gss-no-context' }));
    await expect(initiator.encrypt(Buffer.from('x'))).rejects.toMatchObject({ code: 'gss-no-context' });
    await expect(initiator.step(Buffer.from('x'))).rejects.toMatchObject({ code: 'gss-bad-call' });
    expect((await initiator.step()).complete).toBe(true);
    await expect(initiator.step(Buffer.from('x'))).rejects.toMatchObject({ code: 'gss-bad-call' });
    initiator.dispose();
    const acceptor = fixture.accept();
    await expect(acceptor.step()).rejects.toMatchObject({ code: 'gss-bad-call' });
    acceptor.dispose();
  });

  test('is of no use after a failed step', async () => {
    const acceptor = fixture.accept();
    await expect(acceptor.step(Buffer.from('garbage'))).rejects.toMatchObject({ code: 'gss-bad-token' });
    await expect(acceptor.step(Buffer.from('garbage'))).rejects.toMatchObject({ code: 'gss-no-context' });
    acceptor.dispose();
  });

  test('takes the same first token again without a replay cache, and refuses it with one, with a token for the peer', async () => {
    const keytab = fixture.realm.keytab(SERVICE);
    const guarded = await Credential.acquire({ usage: 'accept', store: { keytab, rcache: 'dfl:' } });
    const initiator = fixture.initiate({ flags: ['mutual', 'confidentiality', 'integrity'] });
    const first = (await initiator.step()).token!;
    expect((await fixture.accept().step(first)).complete).toBe(true);
    expect((await fixture.accept().step(first)).complete).toBe(true);
    expect((await fixture.accept(guarded).step(first)).complete).toBe(true);
    const refusal = fixture.accept(guarded).step(first);
    await expect(refusal).rejects.toMatchObject({ code: 'gss-duplicate-token', minorText: 'Request is a replay' });
    await expect(refusal).rejects.toHaveProperty('token', expect.any(Buffer));
    guarded.dispose();
  });

  test('delegates a forwardable ticket when asked to, and the delegated credential opens contexts in that name', async () => {
    const ccache = await fixture.realm.ticket('demo', { forwardable: true });
    const credential = await Credential.acquire({ usage: 'initiate', store: { ccache } });
    const first = await fixture.pair({ credential, flags: ['delegate', 'mutual', 'confidentiality', 'integrity'] });
    const delegated = first.acceptor.delegatedCredential!;
    expect(delegated).toMatchObject({ name: 'demo@ARPA2.TEST', usage: 'initiate' });
    const second = await fixture.pair({ credential: delegated });
    expect(second.acceptor.initiatorName).toBe('demo@ARPA2.TEST');
    // It belongs to the context that it came with.
    first.acceptor.dispose();
    expect(() => fixture.initiate({ credential: delegated })).toThrow(
      expect.objectContaining({ code: 'gss-disposed' }),
    );
    const without = await fixture.pair({ flags: ['delegate', 'mutual', 'confidentiality', 'integrity'] });
    expect(without.acceptor.delegatedCredential).toBeNull();
    for (const { initiator, acceptor } of [first, second, without]) {
      initiator.dispose();
      acceptor.dispose();
    }
    credential.dispose();
  });

  test('expires with its ticket on the initiator, which may still open an answer', async () => {
    const ccache = await fixture.realm.ticket('demo', { lifetimeSeconds: 3 });
    const credential = await Credential.acquire({ usage: 'initiate', store: { ccache } });
    const { initiator, acceptor } = await fixture.pair({ credential });
    const unused = fixture.initiate({ credential });
    const late = (await unused.step()).token!;
    await waitUntil(() => initiator.lifetimeSeconds === 0 && initiator.expires!.getTime() < Date.now(), {
      what: 'the ticket to expire',
    });
    await expect(initiator.encrypt(Buffer.from('x'))).rejects.toMatchObject({
      code: 'gss-context-expired',
      majorName: 'GSS_S_CONTEXT_EXPIRED',
    });
    const answer = await acceptor.encrypt(Buffer.from('late answer'));
    expect((await initiator.decrypt(answer)).toString()).toBe('late answer');
    // A token made in time is accepted within the clock skew.
    const grace = fixture.accept();
    expect((await grace.step(late)).complete).toBe(true);
    await waitUntil(() => credential.lifetimeSeconds === 0);
    const expired = { code: 'gss-credentials-expired', retryable: false };
    await waitUntil(async () => {
      await expect(fixture.initiate({ credential }).step()).rejects.toMatchObject(expired);
      await expect(Credential.acquire({ usage: 'initiate', store: { ccache } })).rejects.toMatchObject(expired);
      return true;
    });
    for (const end of [initiator, acceptor, unused, grace]) end.dispose();
  });

  test('keeps its target and credential while it needs them', async () => {
    const target = Name.service('arpa2amqp', HOST);
    const ccache = await fixture.realm.ticket('demo');
    const credential = await Credential.acquire({ usage: 'initiate', store: { ccache } });
    const context = SecurityContext.initiate({ target, credential });
    target.dispose();
    credential.dispose();
    expect((await context.step()).complete).toBe(true);
    context.dispose();
    expect(() => SecurityContext.initiate({ target })).toThrow(expect.objectContaining({ code: 'gss-disposed' }));
  });

  test('disposes at once when idle, else after the running call; every later use is a clear error', async () => {
    const { initiator, acceptor } = await fixture.pair();
    const big = initiator.encrypt(Buffer.alloc(1024 * 1024));
    const waiting = initiator.encrypt(Buffer.alloc(1));
    // The first call must be on its thread already.
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    initiator.dispose();
    initiator.dispose();
    expect((await big).length).toBeGreaterThan(1024 * 1024);
    await expect(waiting).rejects.toMatchObject({ code: 'gss-disposed' });
    await expect(initiator.decrypt(Buffer.from('x'))).rejects.toMatchObject({ code: 'gss-disposed' });
    expect(() => initiator.flags).toThrow(expect.objectContaining({ code: 'gss-disposed' }));
    await expect(initiator.step()).rejects.toMatchObject({ code: 'gss-disposed' });
    acceptor[Symbol.dispose]();
    expect(acceptor.complete).toBe(false);
  });

  test('stops waiting when its signal is aborted, and is disposed then', async () => {
    const context = fixture.initiate();
    const controller = new AbortController();
    const step = context.step(undefined, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(step).rejects.toThrow('enough');
    await expect(context.step()).rejects.toMatchObject({ code: 'gss-disposed' });
    await expect(Credential.acquire({ usage: 'initiate', signal: controller.signal })).rejects.toThrow('enough');
  });

  test('serves hundreds at the same time, each with its own messages', async () => {
    const all = Array.from({ length: 300 }, async (_, number) => {
      const { initiator, acceptor } = await fixture.pair();
      const texts = Array.from({ length: 5 }, (_text, index) => `${number}.${index}`);
      const tokens = await Promise.all(texts.map(async (text) => await initiator.encrypt(Buffer.from(text))));
      const opened = await Promise.all(tokens.map(async (token) => await acceptor.decrypt(token)));
      initiator.dispose();
      acceptor.dispose();
      return opened.map(String).join() === texts.join();
    });
    expect((await Promise.all(all)).every(Boolean)).toBe(true);
  });
});
