import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeWith } from '@arpa2amqp/testkit';
import { GSS_ERRORS, GssError } from '@arpa2amqp/gssapi';
import { Fixture } from './fixture.js';
import type { Pair } from './fixture.js';

/** Codes that the bytes of a peer may lead to; anything else would be our mistake. */
const PEER_CODES = [
  'gss-bad-token',
  'gss-bad-mechanism',
  'gss-wrong-service',
  'gss-stale-keytab',
  'gss-failure',
].concat(
  ['gss-duplicate-token', 'gss-old-token', 'gss-clock-skew', 'gss-not-confidential', 'gss-credentials-expired'],
  ['gss-bad-bindings', 'gss-unavailable', 'gss-no-context'],
);

async function refusal(work: Promise<unknown>): Promise<GssError | null> {
  try {
    await work;
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(GssError);
    return error as GssError;
  }
}

/** A valid token with some bytes changed, cut or added. */
const damaged = (token: Buffer) =>
  fc
    .record({
      changes: fc.array(fc.tuple(fc.nat(token.length - 1), fc.integer({ min: 1, max: 255 })), {
        minLength: 1,
        maxLength: 4,
      }),
      cut: fc.option(fc.nat(token.length - 1)),
      tail: fc.uint8Array({ maxLength: 8 }),
    })
    .map(({ changes, cut, tail }) => {
      const copy = Buffer.from(token);
      for (const [place, bits] of changes) copy[place]! ^= bits;
      return Buffer.concat([copy.subarray(0, cut ?? copy.length), tail]);
    });

describeWith(['krb5kdc'], 'arbitrary bytes from a peer', () => {
  let fixture: Fixture;
  let pair: Pair;
  beforeAll(async () => {
    fixture = await Fixture.create();
    pair = await fixture.pair();
  });
  afterAll(async () => {
    pair.initiator.dispose();
    pair.acceptor.dispose();
    await fixture.close();
  });

  async function acceptRefusal(token: Buffer): Promise<GssError | null> {
    const acceptor = fixture.accept();
    const error = await refusal(acceptor.step(token));
    acceptor.dispose();
    return error;
  }

  test('are refused by an acceptor with a declared code', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (bytes) => {
        const error = await acceptRefusal(Buffer.from(bytes));
        expect(PEER_CODES).toContain(error?.code);
      }),
      { numRuns: 300 },
    );
  });

  test('that resemble a context token are refused by an acceptor, or hit a byte that nothing depends on', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(pair.first), async (token) => {
        const error = await acceptRefusal(token);
        if (error !== null) expect(PEER_CODES).toContain(error.code);
      }),
      { numRuns: 300 },
    );
  });

  test('are never opened as a message', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (bytes) => {
        const error = await refusal(pair.acceptor.unwrap(Buffer.from(bytes)));
        expect(PEER_CODES).toContain(error?.code);
      }),
      { numRuns: 500 },
    );
  });

  test('that resemble a wrap token are never opened as another message', async () => {
    const token = await pair.initiator.encrypt(Buffer.from('the message'));
    await fc.assert(
      fc.asyncProperty(damaged(token), async (bytes) => {
        if (bytes.equals(token)) return;
        const opened = await pair.acceptor.unwrap(bytes).then(
          ({ message }) => message.toString(),
          (error: unknown) => (error as GssError).code,
        );
        expect(['the message', ...PEER_CODES]).toContain(opened);
      }),
      { numRuns: 500 },
    );
    expect((await pair.acceptor.decrypt(await pair.initiator.encrypt(Buffer.from('still alive')))).toString()).toBe(
      'still alive',
    );
  });

  test('as an answer to an initiator are refused with a declared code', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const initiator = fixture.initiate({ flags: ['mutual', 'confidentiality', 'integrity'] });
        await initiator.step();
        const error = await refusal(initiator.step(Buffer.from(bytes)));
        initiator.dispose();
        expect(PEER_CODES).toContain(error?.code);
      }),
      { numRuns: 100 },
    );
  });

  test('lead to no code outside the catalogue', () => {
    expect(Object.keys(GSS_ERRORS)).toEqual(expect.arrayContaining(PEER_CODES));
  });
});
