import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { createLog } from '../src/index.js';

function logged(log: (logger: ReturnType<typeof createLog>) => void): Record<string, unknown> {
  let text = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  log(createLog('info', sink));
  return JSON.parse(text) as Record<string, unknown>;
}

test('a line has a level in words, an ISO time and the event', () => {
  const line = logged((logger) => logger.warn({ reason: 'bad-frame' }, 'refused'));
  expect(line).toMatchObject({ level: 'warn', name: 'arpa2amqp.d', reason: 'bad-frame', msg: 'refused' });
  expect(String(line['time'])).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});

test.each(['password', 'token', 'payload', 'plaintext', 'body', 'stdin', 'stdin_', 'stdout', 'stdout_'])(
  'what stands under %s is never written, however deep',
  (member) => {
    const secret = { [member]: 'hunter2' };
    const line = logged((logger) => logger.info({ ...secret, peer: { ...secret, more: secret } }, 'event'));
    expect(JSON.stringify(line)).not.toContain('hunter2');
    expect(line[member]).toBe('[redacted]');
  },
);

test('bytes are never written', () => {
  const line = logged((logger) => logger.info({ peer: { frame: Buffer.from('hunter2') } }, 'event'));
  expect(line).toMatchObject({ peer: { frame: '[redacted]' } });
});

test('an error keeps its code, its message and its cause', () => {
  const err = Object.assign(new Error('Cannot', { cause: new Error('because') }), { code: 'internal' });
  const line = logged((logger) => logger.error({ err }, 'failed'));
  expect(line).toMatchObject({ err: { code: 'internal', message: expect.stringContaining('Cannot') as unknown } });
  expect(JSON.stringify(line)).toContain('because');
});

test('the token that an error carries is never written', () => {
  const err = Object.assign(new Error('Cannot accept'), { code: 'gss-bad-token', token: Buffer.from('hunter2') });
  const line = logged((logger) => logger.error({ err }, 'failed'));
  expect(line).toMatchObject({ err: { code: 'gss-bad-token', message: 'Cannot accept', token: '[redacted]' } });
});
