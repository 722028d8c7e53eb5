import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AnswerDecoder,
  CONTROL_ITEMS,
  ControlFormatError,
  encodeRequest,
  type ControlFields,
} from '../src/control-codec.js';
import { ControlConversation } from '../src/control-connection.js';
import { Turnstile } from '../src/turnstile.js';

const DATA = 1;
const EXTRA = 2;
const BLOCK = 3;
const END = 0;

function unit(type: number, fields: ControlFields): Buffer {
  const bytes = encodeRequest({ cmd: '', ...fields });
  // The encoder always writes an item `cmd`; without one in the fields it is cut out.
  const items = bytes.subarray(1, -1);
  return Buffer.concat([Buffer.from([type]), fields.cmd === undefined ? items.subarray(3) : items]);
}

// eslint-disable-next-line no-control-regex -- refused by the encoder
const text = fc.string({ maxLength: 40 }).filter((value) => !/[\u0000-\u001f\u007f]/.test(value));
const fields = fc.record(
  Object.fromEntries(CONTROL_ITEMS.map((item) => [item, text])) as Record<(typeof CONTROL_ITEMS)[number], typeof text>,
  { requiredKeys: [] },
);

describe('the codec', () => {
  test('writes what was measured on knotd', () => {
    expect(encodeRequest({ cmd: 'status', type: 'version' }).toString('hex')).toBe(
      `01 10 0006 ${Buffer.from('status').toString('hex')} 19 0007 ${Buffer.from('version').toString('hex')} 03`.replaceAll(
        ' ',
        '',
      ),
    );
  });

  test('reads any answers, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fields, { maxLength: 4 }), { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (answers, cuts) => {
          const bytes = Buffer.concat(
            answers.flatMap((units) => [
              ...units.map((one, index) => unit(index === 0 ? DATA : EXTRA, one)),
              Buffer.from([BLOCK]),
            ]),
          );
          const decoder = new AnswerDecoder();
          const read = [];
          for (let at = 0; at < bytes.length;) {
            const end = at + (cuts.next().value as number);
            read.push(...decoder.push(bytes.subarray(at, end)));
            at = end;
          }
          expect(read).toEqual(answers.map((units) => ({ units, isLast: false })));
        },
      ),
    );
  });

  test('throws nothing but its own error for any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 }), (chunks) => {
        const decoder = new AnswerDecoder(500);
        try {
          for (const chunk of chunks) decoder.push(Buffer.from(chunk));
        } catch (error) {
          expect(error).toBeInstanceOf(ControlFormatError);
        }
      }),
    );
  });

  test.each([
    ['an unknown unit', [7]],
    ['an item before any unit', [16, 0, 0]],
    ['an item of an unknown number', [DATA, 28, 0, 0]],
    ['an item twice', [DATA, 16, 0, 0, 16, 0, 0]],
  ])('refuses %s', (_, bytes) => {
    expect(() => new AnswerDecoder().push(Buffer.from(bytes))).toThrow(ControlFormatError);
  });

  test('refuses an answer that never ends, also one of empty units', () => {
    const decoder = new AnswerDecoder(100_000);
    expect(() => {
      for (;;) decoder.push(Buffer.alloc(100, DATA));
    }).toThrow('larger than 100000 bytes');
    const longItem = Buffer.concat([Buffer.from([DATA, 26, 0xff, 0xff]), Buffer.alloc(65_535, 0x61)]);
    expect(() => {
      const other = new AnswerDecoder(100_000);
      for (;;) other.push(longItem);
    }).toThrow('larger than 100000 bytes');
  });

  test('forgets the size of an answer with its end', () => {
    const decoder = new AnswerDecoder(200);
    for (let count = 0; count < 100; count++) expect(decoder.push(Buffer.from([DATA, BLOCK]))).toHaveLength(1);
  });

  test('refuses to send control characters and texts that are too long', () => {
    expect(() => encodeRequest({ cmd: 'zone-set', data: 'a\u0000b' })).toThrow('data holds a control character');
    expect(() => encodeRequest({ cmd: 'zone-set', data: 'a\nb' })).toThrow('data holds a control character');
    expect(() => encodeRequest({ cmd: 'zone-set', data: 'x'.repeat(65_536) })).toThrow('data has 65536 bytes');
    expect(encodeRequest({ cmd: 'zone-set', data: 'x'.repeat(65_535) })).toHaveLength(2 + 3 + 8 + 3 + 65_535);
  });
});

/** A peer on a UNIX socket that does with each connection what the test says. */
describe('a conversation with a peer that is not Knot', () => {
  const directory = mkdtempSync(join(tmpdir(), 'arpa2-control-'));
  const path = join(directory, 'sock');
  const sockets = new Set<Socket>();
  let server: Server;
  let behave: (socket: Socket, request: Buffer) => void = () => undefined;

  beforeAll(async () => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
      socket.on('data', (request) => behave(socket, request));
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(directory, { recursive: true });
  });

  const open = async (timeoutMs = 2000) => await ControlConversation.open(path, AbortSignal.timeout(timeoutMs));

  test.each([
    [
      'speaks HTTP',
      (socket: Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      { reason: 'garbled', code: 'failed' },
    ],
    ['floods', (socket: Socket) => socket.write(Buffer.alloc(1_000_000, DATA)), { reason: 'garbled' }],
    ['hangs up', (socket: Socket) => socket.destroy(), { reason: 'lost', code: 'unavailable' }],
    ['says nothing', () => undefined, { reason: 'no-answer', code: 'unavailable' }],
    [
      'sends half an answer',
      (socket: Socket) => socket.write(Buffer.from([DATA, 16, 0, 9, 97])),
      { reason: 'no-answer' },
    ],
  ])('that %s', async (name, act, error) => {
    behave = act;
    await expect(open(name === 'floods' ? 5000 : 300)).rejects.toMatchObject(error);
  });

  test('answers that nobody asked for end it', async () => {
    behave = (socket) => socket.write(Buffer.from([DATA, BLOCK, DATA, BLOCK]));
    const conversation = await open();
    expect(conversation.isOpen).toBe(false);
    await expect(conversation.ask({ cmd: 'status' }, AbortSignal.timeout(1000))).rejects.toMatchObject({
      reason: 'garbled',
    });
  });

  test('END ends it after its answer', async () => {
    behave = (socket) => socket.write(Buffer.from([DATA, END]));
    const conversation = await open();
    expect(conversation.isOpen).toBe(false);
  });

  test('a late answer is not taken for that of the next question', async () => {
    const answered: (() => void)[] = [];
    behave = (socket, request) => {
      const name = /zone-\w+/.exec(request.toString('latin1'))?.[0] ?? 'status';
      const answer = Buffer.concat([unit(DATA, { data: name }), Buffer.from([BLOCK])]);
      if (name === 'zone-first') answered.push(() => socket.write(answer));
      else if (name === 'zone-second') answered.push(() => socket.write(answer));
      else socket.write(answer);
    };
    const conversation = await open();
    const late = new AbortController();
    const first = conversation.ask({ cmd: 'zone-first' }, late.signal);
    late.abort();
    await expect(first).rejects.toMatchObject({ reason: 'no-answer' });
    const second = conversation.ask({ cmd: 'zone-second' }, AbortSignal.timeout(2000));
    await new Promise((resolve) => setImmediate(resolve));
    while (answered.length < 1) await new Promise((resolve) => setImmediate(resolve));
    behave = () => undefined;
    answered[0]?.();
    // Both requests may have come in one chunk: the second answer is then the peer's to make up.
    for (const socket of sockets)
      socket.write(Buffer.concat([unit(DATA, { data: 'the second' }), Buffer.from([BLOCK])]));
    await expect(second).resolves.toEqual([{ data: 'the second' }]);
    conversation.close();
  });
});

describe('the turnstile', () => {
  test('lets in one at a time, in order, also after a failure', async () => {
    const turnstile = new Turnstile();
    const signal = new AbortController().signal;
    const seen: string[] = [];
    const task = (name: string, fails: boolean) => async () => {
      seen.push(`${name} in`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${name} out`);
      if (fails) throw new Error(name);
    };
    const results = await Promise.allSettled([
      turnstile.pass(signal, task('a', false)),
      turnstile.pass(signal, task('b', true)),
      turnstile.pass(signal, task('c', false)),
    ]);
    expect(seen).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('who gives up while waiting is not run and does not let others pass early', async () => {
    const turnstile = new Turnstile();
    const never = new AbortController().signal;
    const patience = new AbortController();
    let release: () => void = () => undefined;
    const first = turnstile.pass(never, async () => await new Promise<void>((resolve) => (release = resolve)));
    let isRun = false;
    const second = turnstile.pass(patience.signal, async () => {
      isRun = true;
      await Promise.resolve();
    });
    let isThirdIn = false;
    const third = turnstile.pass(never, async () => {
      isThirdIn = true;
      await Promise.resolve();
    });
    patience.abort(new Error('gave up'));
    await expect(second).rejects.toThrow('gave up');
    expect(isThirdIn).toBe(false);
    release();
    await Promise.all([first, third]);
    expect([isRun, isThirdIn]).toEqual([false, true]);
  });
});
