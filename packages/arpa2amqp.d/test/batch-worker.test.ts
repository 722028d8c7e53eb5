import { expect, test } from '@jest/globals';
import type { Incoming } from '@arpa2amqp/amqp';
import { Dispatcher, MemoryJournal, ShellRegistry, openAuthorizer } from '@arpa2amqp/dispatcher';
import { DEFAULT_LIMITS, identityOf } from '@arpa2amqp/protocol';
import { decodeFrame, type AcceptorTable, type Opened } from '@arpa2amqp/session';
import { createLog } from '../src/index.js';
import { BatchWorker } from '../src/batch-worker.js';

const limits = DEFAULT_LIMITS;

function workerWith(opened: Opened): BatchWorker {
  const dispatcher = new Dispatcher({
    shells: new ShellRegistry(),
    authorizer: openAuthorizer,
    journal: new MemoryJournal(),
    limits,
  });
  return new BatchWorker({
    address: '/internetwide/arpa2.test/reservoir',
    // What the table makes of garbage, without a realm to make it in.
    acceptor: { open: async () => await Promise.resolve(opened) } as unknown as AcceptorTable,
    dispatcher: () => dispatcher,
    identify: identityOf,
    limits,
    log: createLog('silent'),
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
  const worker = workerWith({ kind: 'refused', style: 'framed', reason: 'bad-frame', answer, detail: 'garbage' });
  const peers = Array.from({ length: 300 }, () => new DeafPeer());
  for (const peer of peers) worker.receive(peer.incoming);
  await worker.drain();
  expect(peers.every(({ isDone, settled }) => isDone && settled.join() === 'rejected')).toBe(true);
  expect(peers.filter(({ answers }) => answers.length === 1)).toHaveLength(256);
});
