import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { RawPeer, RawServer, frame } from './raw-peer.js';
import { listening, plain, requesting, welcome } from './requesting.js';

describe('the first connect fails with a code of its own', () => {
  test('nobody listens', async () => {
    const service = await listening();
    await service.close();
    await expect(requesting(service.url)).rejects.toMatchObject({ code: 'amqp-refused', retryable: true });
  });

  test('no such host', async () => {
    await expect(
      requesting('amqp://no-such-host.invalid', {
        sasl: { mechanism: 'GSSAPI', initiate: () => Promise.reject(new Error('unused')) },
      }),
    ).rejects.toMatchObject({ code: 'amqp-unreachable' });
  });

  test.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['TLS', '\x15\x03\x01\x00\x02\x02\x28'],
    ['AMQP 0-9-1', 'AMQP\0\0\x09\x01'],
    ['nothing known', '220 mail ESMTP\r\n'],
  ])('the peer speaks %s', async (name, answer) => {
    await using server = await plain((socket) => {
      socket.once('data', () => socket.end(Buffer.from(answer, 'latin1')));
    });
    const error = await requesting(server.url).catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ code: 'amqp-not-amqp', retryable: false });
    expect((error as Error).message).toContain({ HTTP: 'HTTP', TLS: 'amqps' }[name] ?? '');
  });

  test('the peer hangs up', async () => {
    await using server = await plain((socket) => {
      socket.resume();
      socket.end();
    });
    await expect(requesting(server.url)).rejects.toMatchObject({ code: 'amqp-not-amqp' });
  });

  test('the peer says nothing', async () => {
    await using server = await plain(() => undefined);
    await expect(requesting(server.url, { connectTimeoutMs: 200 })).rejects.toMatchObject({ code: 'amqp-timeout' });
  });

  test('a connect.json of rhea leads nobody astray', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'arpa2amqp-'));
    const file = join(folder, 'connect.json');
    writeFileSync(file, JSON.stringify({ scheme: 'amqp', host: '127.0.0.1', port: 1, user: 'a', password: 'b' }));
    process.env['MESSAGING_CONNECT_FILE'] = file;
    try {
      await using service = await listening();
      await using requester = await requesting(service.url);
      expect(requester.isUp).toBe(true);
    } finally {
      delete process.env['MESSAGING_CONNECT_FILE'];
      rmSync(folder, { recursive: true });
    }
  });

  test('the caller gives up', async () => {
    await using server = await plain(() => undefined);
    const signal = AbortSignal.timeout(100);
    await expect(requesting(server.url, { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test.each(['http://localhost', 'amqp://', 'nonsense', 'amqp://localhost/path'])(
    '%s is no URL for it',
    async (url) => {
      await expect(requesting(url)).rejects.toMatchObject({ code: 'amqp-bad-options' });
    },
  );

  test('the peer never answers an attach, or begins sessions nobody asked for', async () => {
    await using silent = await RawServer.listen(async (peer) => {
      await welcome(peer);
    });
    await expect(requesting(silent.url, { limits: { replyTimeoutMs: 200 } })).rejects.toMatchObject({
      code: 'amqp-timeout',
    });
    await using pushy = await RawServer.listen(async (peer) => {
      await welcome(peer);
      peer.send(frame('begin', { next_outgoing_id: 0, incoming_window: 9, outgoing_window: 9 }));
    });
    await expect(requesting(pushy.url)).rejects.toMatchObject({ code: 'amqp-connection-lost' });
  });

  test('the peer gives the reply link no address', async () => {
    await using server = await RawServer.listen(async (peer) => {
      await welcome(peer);
      await peer.next('begin');
      peer.send(frame('begin', { remote_channel: 0, next_outgoing_id: 0, incoming_window: 9, outgoing_window: 9 }));
      const { fields } = await peer.next('attach');
      const error = { condition: 'amqp:not-implemented', description: 'no dynamic nodes here' };
      peer.send(
        frame('attach', { name: fields[0]?.value, handle: 0, role: false, initial_delivery_count: 0 }),
        frame('detach', { handle: 0, closed: true, error: RawPeer.error(error) }),
      );
    });
    await expect(requesting(server.url)).rejects.toMatchObject({
      code: 'amqp-link-refused',
      condition: 'amqp:not-implemented',
    });
  });
});
