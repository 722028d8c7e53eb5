import { describe, expect, jest, test } from '@jest/globals';
import type { Incoming } from '@arpa2amqp/amqp';
import { Dispatcher, MemoryJournal, ShellRegistry, openAuthorizer } from '@arpa2amqp/dispatcher';
import { DEFAULT_LIMITS, identityOf } from '@arpa2amqp/protocol';
import { decodeFrame, type AcceptorTable, type Opened } from '@arpa2amqp/session';
import { createLog } from '../src/index.js';
import { BatchWorker } from '../src/batch-worker.js';
import { LogLimit } from '../src/log-limit.js';

const limits = DEFAULT_LIMITS;

function workerWith(opened: () => Opened, peerLog = new LogLimit(createLog('silent'))): BatchWorker {
  const dispatcher = new Dispatcher({
    shells: new ShellRegistry(),
    authorizer: openAuthorizer,
    journal: new MemoryJournal(),
    limits,
  });
  return new BatchWorker({
    address: '/internetwide/arpa2.test/reservoir',
    // What the table makes of garbage, without a realm to make it in.
    acceptor: { open: async () => await Promise.resolve(opened()) } as unknown as AcceptorTable,
    dispatcher: () => dispatcher,
    identify: identityOf,
    limits,
    log: createLog('silent'),
    peerLog,
  });
}

/** A delivery of a peer that never gives credit for its answer. */
class DeafPeer {
  answers: Buffer[] = [];
  settled: string[] = [];
  isDone = false;

  get incoming(): Incoming {
    const settle = (how: string) => () => void this.settled.push(how);
    return {
      message: { replyTo: 'reply', messageId: 'x', body: Buffer.from('garbage') },
      peer: {},
      servedAs: '',
      answer: async ({ body }: { body: Buffer }) => {
        this.answers.push(body);
        return await new Promise(() => undefined);
      },
      accept: settle('accepted'),
      reject: settle('rejected'),
      release: settle('released'),
      done: () => (this.isDone = true),
    } as unknown as Incoming;
  }
}

test('who is not authenticated and reads no hints keeps no slot, and no more memory than 256 hints', async () => {
  const answer = Buffer.from(`a2017f00${'00'.repeat(20)}7b7d`, 'hex');
  expect(decodeFrame(answer).kind).toBe('error');
  const worker = workerWith(() => ({
    kind: 'refused',
    style: 'framed',
    reason: 'bad-frame',
    answer,
    detail: 'garbage',
  }));
  const peers = Array.from({ length: 300 }, () => new DeafPeer());
  for (const peer of peers) worker.receive(peer.incoming);
  await worker.drain();
  expect(peers.every(({ isDone, settled }) => isDone && settled.join() === 'rejected')).toBe(true);
  expect(peers.filter(({ answers }) => answers.length === 1)).toHaveLength(256);
});

describe('what peers cause in the log', () => {
  type Line = Readonly<Record<string, unknown>>;
  const logging = (): { readonly lines: Line[]; readonly log: LogLimit } => {
    const lines: Line[] = [];
    return {
      lines,
      log: new LogLimit(createLog('debug', { write: (line) => void lines.push(JSON.parse(line) as Line) })),
    };
  };
  const count = (lines: readonly Line[], members: Line): number =>
    lines.filter((line) => Object.entries(members).every(([name, value]) => line[name] === value)).length;

  test('of each reason of a refusal there are 20 lines, then one that says how many were left out', async () => {
    const { lines, log } = logging();
    let opened = 0;
    const reasons = ['bad-frame', 'context-unknown'] as const;
    const worker = workerWith(() => {
      opened += 1;
      return {
        kind: 'refused',
        style: 'framed',
        reason: reasons[opened % 2]!,
        answer: null,
        detail: `garbage ${opened}`,
      };
    }, log);
    for (let sent = 0; sent < 10_000; sent += 1) worker.receive(new DeafPeer().incoming);
    await worker.drain();
    for (const reason of reasons) expect(count(lines, { msg: 'refused', reason })).toBe(20);
    log.close();
    const rest = { level: 'warn', msg: 'suppressed', event: 'refused', lines: 4980 };
    for (const reason of reasons) expect(count(lines, { ...rest, reason })).toBe(1);
    expect(lines).toHaveLength(42);
  });

  test('it is told by itself, once, and then there is room again', () => {
    jest.useFakeTimers();
    const { lines, log } = logging();
    const connectAll = (): void => {
      for (let n = 0; n < 50; n += 1) log.warn({ code: 'amqp-limit', reason: `of ${n}` }, 'amqp peer refused');
    };
    connectAll();
    log.error({ err: new Error('x') }, 'delivery-failed');
    jest.advanceTimersByTime(10_000);
    expect(lines.at(-1)).toMatchObject({
      msg: 'suppressed',
      event: 'amqp peer refused',
      code: 'amqp-limit',
      lines: 30,
    });
    expect(lines).toHaveLength(22);
    jest.advanceTimersByTime(60_000);
    connectAll();
    expect(lines).toHaveLength(42);
    jest.useRealTimers();
  });

  test('kinds cannot be made up without bound', () => {
    const { lines, log } = logging();
    for (let n = 0; n < 10_000; n += 1) log.warn({ code: `code-${n}` }, 'amqp peer refused');
    expect(lines).toHaveLength(256 + 20);
    log.close();
    expect(lines.at(-1)).toMatchObject({ msg: 'suppressed', event: 'other', lines: 10_000 - 276 });
    log.warn({}, 'amqp peer refused');
    expect(lines).toHaveLength(256 + 20 + 2);
  });
});
