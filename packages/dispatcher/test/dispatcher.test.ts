import { afterEach, describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS, type Batch, type Limits, type Reply } from '@arpa2amqp/protocol';
import { ShellError, defineShell, inlineHost, type Caller } from '@arpa2amqp/shell';
import {
  Dispatcher,
  MemoryJournal,
  ShellRegistry,
  noAudit,
  openAuthorizer,
  type Audit,
  type Authorizer,
} from '../src/index.js';
import { digestOf } from '../src/command-digest.js';
import { planBatch } from '../src/plan.js';

const caller: Caller = {
  identity: 'demo@arpa2.test',
  principal: 'demo@ARPA2.TEST',
  expires: new Date(Date.now() + 3_600_000),
};

/** A shell whose commands leave traces that tests can count. */
class Counter {
  readonly changes: string[] = [];
  readonly reads: string[] = [];
  opened = 0;
  closed = 0;

  readonly shell = defineShell<{ last: string }>({
    name: 'counter',
    version: '1.0',
    intro: 'Counts.',
    openSession: () => {
      this.opened += 1;
      return { last: 'none' };
    },
    closeSession: () => {
      this.closed += 1;
    },
    commands: [
      {
        spec: 'set <value>',
        summary: 'Change.',
        effect: 'change',
        open: true,
        run: (call) => {
          if (call.value('value') === 'bad') throw new ShellError('Bad value');
          call.state.last = call.value('value');
          this.changes.push(call.state.last);
          call.print(`set ${call.state.last}`);
        },
      },
      {
        spec: 'get',
        summary: 'Read.',
        effect: 'read',
        open: true,
        run: (call) => {
          this.reads.push(call.state.last);
          call.json({ last: call.state.last });
        },
      },
      {
        spec: 'tag [<red>] [<blue>]',
        summary: 'Change one or the other.',
        effect: 'change',
        open: true,
        run: (call) => void this.changes.push(`${call.optional('red') ?? ''}/${call.optional('blue') ?? ''}`),
      },
      {
        spec: 'wait',
        summary: 'Wait until interrupted.',
        effect: 'change',
        open: true,
        run: async (call) => {
          this.changes.push('wait');
          await new Promise((resolve) => call.signal.addEventListener('abort', resolve, { once: true }));
        },
      },
    ],
  });
}

let registries: ShellRegistry[] = [];
afterEach(async () => {
  await Promise.all(registries.map(async (registry) => await registry.close()));
  registries = [];
});

interface Parts {
  limits?: Partial<Limits>;
  authorizer?: Authorizer;
  journal?: MemoryJournal;
  audit?: Audit;
}

function setUp(options: Parts = {}) {
  const counter = new Counter();
  const shells = new ShellRegistry();
  shells.add(inlineHost(counter.shell));
  shells.add(inlineHost(defineShell({ ...counter.shell.definition, name: 'abacus' })));
  registries.push(shells);
  const dispatcher = new Dispatcher({
    shells,
    authorizer: options.authorizer ?? openAuthorizer,
    journal: options.journal ?? new MemoryJournal(),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    ...(options.audit === undefined ? {} : { audit: options.audit }),
  });
  return { counter, dispatcher, shells };
}

let ids = 0;
function batchOf(commands: readonly unknown[], more: Partial<Batch> = {}): Batch {
  ids += 1;
  return {
    id: `id-${ids}`,
    to: '/internetwide/arpa2.test/reservoir',
    replyTo: 'reply',
    issuedMs: Date.now(),
    expiresMs: Date.now() + 30_000,
    isAtomic: false,
    confirmSeconds: 0,
    isDryRun: false,
    commands,
    ...more,
  };
}

const set = (value: string): object => ({ do_: 'counter set', value });
const codes = (replies: readonly Reply[]): (string | undefined)[] => replies.map(({ error_: error }) => error?.code);

describe('planning', () => {
  test('commands run in order, and each has its reply', async () => {
    const { counter, dispatcher } = setUp();
    const replies = await dispatcher.run(
      batchOf([set('a'), { do_: 'counter get' }, set('b'), { words_: ['counter', 'get'] }, { do_: 'counter version' }]),
      caller,
    );
    expect(replies).toEqual([
      { stdout_: 'set a\n' },
      { last: 'a' },
      { stdout_: 'set b\n' },
      { last: 'b' },
      { stdout_: 'counter-1.0\n' },
    ]);
    expect(counter.changes).toEqual(['a', 'b']);
  });

  test.each<[string, unknown, string, number | undefined]>([
    ['a command that is no object', 'counter get', 'syntax', undefined],
    ['an unknown shell', { do_: 'countre get' }, 'unknown-shell', 0],
    ['no shell', { do_: '' }, 'unknown-shell', 0],
    ['no command', { do_: 'counter' }, 'unknown-command', 1],
    ['an unknown command', { do_: 'counter gte' }, 'unknown-command', 1],
    ['a missing variable', { do_: 'counter set' }, 'syntax', undefined],
    ['an unknown variable', { do_: 'counter get', value: 'x' }, 'syntax', undefined],
    ['a number', { do_: 'counter set', value: 1 }, 'syntax', undefined],
    ['a NUL', set('a\0b'), 'syntax', undefined],
    ['a typed line with one word too many', { words_: ['counter', 'get', 'x'] }, 'syntax', 2],
    ['a word that nothing defines', { do_: 'counter __proto__' }, 'unknown-command', 1],
  ])('%s: nothing runs', async (_what, command, code, at) => {
    const { counter, dispatcher } = setUp();
    const replies = await dispatcher.run(batchOf([set('a'), command, set('b')]), caller);
    expect(codes(replies)).toEqual(['not-run', code, 'not-run']);
    expect(replies[1]?.error_?.at).toBe(at);
    expect(replies[0]?.stderr_).toMatch(/command 2/);
    expect(counter.changes).toEqual([]);
    expect(counter.opened).toBe(0);
  });

  test('a misspelt shell or command is suggested', async () => {
    const { dispatcher } = setUp();
    const replies = await dispatcher.run(batchOf([{ do_: 'countre get' }, { do_: 'counter gett' }]), caller);
    expect(replies[0]?.stderr_).toMatch(/did you mean "counter"\?/);
    expect(replies[1]?.stderr_).toMatch(/did you mean "get"\?/);
  });

  test.each<[string, Partial<Batch>, string]>([
    ['an expired batch', { expiresMs: Date.now() - 1 }, 'expired'],
    [
      'a batch from the future',
      { issuedMs: Date.now() + 600_000, expiresMs: Date.now() + 700_000 },
      'issued-in-future',
    ],
    ['an atomic batch', { isAtomic: true }, 'unsupported'],
    ['a batch to be confirmed', { confirmSeconds: 10 }, 'unsupported'],
    ['a dry run', { isDryRun: true }, 'unsupported'],
  ])('%s does not run', async (_what, more, code) => {
    const { counter, dispatcher } = setUp();
    expect(codes(await dispatcher.run(batchOf([set('a'), set('b')], more), caller))).toEqual([code, code]);
    expect(counter.changes).toEqual([]);
  });
});

describe('executing', () => {
  test('a failed command does not stop the ones behind it', async () => {
    const { counter, dispatcher } = setUp();
    const replies = await dispatcher.run(batchOf([set('a'), set('bad'), set('b')]), caller);
    expect(codes(replies)).toEqual([undefined, 'failed', undefined]);
    expect(counter.changes).toEqual(['a', 'b']);
  });

  test('each batch has a shell session of its own, which ends with it', async () => {
    const { counter, dispatcher } = setUp();
    await dispatcher.run(batchOf([set('a')]), caller);
    expect(await dispatcher.run(batchOf([{ do_: 'counter get' }]), caller)).toEqual([{ last: 'none' }]);
    expect([counter.opened, counter.closed]).toEqual([2, 2]);
  });

  test('a command over its time ends with `timeout`, and the batch goes on', async () => {
    const { dispatcher } = setUp({ limits: { commandTimeoutMs: 50 } });
    const replies = await dispatcher.run(batchOf([{ do_: 'counter wait' }, set('a')]), caller);
    expect(codes(replies)).toEqual(['timeout', undefined]);
  });

  test('what the outputs of a batch take is bounded, and commands behind a large one still run', async () => {
    const { counter, dispatcher } = setUp({ limits: { maxMessageBytes: 1000 } });
    const replies = await dispatcher.run(
      batchOf([...Array.from({ length: 5 }, () => set('x'.repeat(900))), set('b')]),
      caller,
    );
    expect(codes(replies)).toEqual([undefined, undefined, undefined, undefined, 'too-large', undefined]);
    expect(counter.changes).toHaveLength(6);
  });

  test('a batch that expires while it runs starts no further command', async () => {
    const { counter, dispatcher } = setUp();
    const batch = batchOf([{ do_: 'counter wait' }, set('a'), { do_: 'counter get' }], { expiresMs: Date.now() + 100 });
    const replies = await dispatcher.run(batch, caller);
    expect(codes(replies).slice(1)).toEqual(['deadline', 'deadline']);
    expect(counter.changes).toEqual(['wait']);
  });

  test('the end of the daemon interrupts the command at work and runs no other', async () => {
    const { counter, dispatcher } = setUp();
    const abort = new AbortController();
    const running = dispatcher.run(batchOf([{ do_: 'counter wait' }, set('a')]), caller, abort.signal);
    abort.abort();
    expect(codes(await running)[1]).toBe('not-run');
    expect(counter.changes).not.toContain('a');
  });
});

describe('authorizing', () => {
  const denyChanges: Authorizer = {
    ...openAuthorizer,
    decide: async (requests) =>
      await Promise.resolve(
        requests.map(({ command, shell, caller: { identity } }) =>
          command.effect === 'change'
            ? { isGranted: false, reason: `${identity} may not, on ${shell}` }
            : { isGranted: true },
        ),
      ),
  };

  test('a denied command fails alone', async () => {
    const { counter, dispatcher } = setUp({ authorizer: denyChanges });
    const replies = await dispatcher.run(batchOf([set('a'), { do_: 'counter get' }]), caller);
    expect(replies).toEqual([
      { stderr_: 'demo@arpa2.test may not, on counter\n', error_: { code: 'denied' } },
      { last: 'none' },
    ]);
    expect(counter.changes).toEqual([]);
  });

  test('a decision that is missing denies', async () => {
    const { dispatcher } = setUp({ authorizer: { ...openAuthorizer, decide: async () => await Promise.resolve([]) } });
    expect(codes(await dispatcher.run(batchOf([{ do_: 'counter get' }]), caller))).toEqual(['denied']);
  });
});

describe('the journal', () => {
  test('a repeated batch is answered, and its reading commands run again', async () => {
    const { counter, dispatcher } = setUp();
    const batch = batchOf([set('a'), { do_: 'counter get' }, set('bad')]);
    const first = await dispatcher.run(batch, caller);
    const second = await dispatcher.run(batch, caller);
    expect(second[0]).toEqual(first[0]);
    expect(second[2]).toEqual(first[2]);
    expect(counter.changes).toEqual(['a']);
    expect(counter.reads).toHaveLength(2);
  });

  test('a repeat that arrives while the batch is at work waits for it', async () => {
    const { counter, dispatcher } = setUp({ limits: { commandTimeoutMs: 100 } });
    const batch = batchOf([{ do_: 'counter wait' }, set('a')]);
    const both = await Promise.all([dispatcher.run(batch, caller), dispatcher.run(batch, caller)]);
    expect(both[1]).toEqual(both[0]);
    expect(counter.changes).toEqual(['wait', 'a']);
  });

  test('a repeat that comes after the batch expired is answered with what ran, and runs nothing', async () => {
    const { counter, dispatcher } = setUp();
    const batch = batchOf([set('a'), { do_: 'counter get' }]);
    const [first] = await dispatcher.run(batch, caller);
    const late = { ...batch, issuedMs: batch.issuedMs - 60_000, expiresMs: Date.now() - 1 };
    const replies = await dispatcher.run(late, caller);
    expect(replies[0]).toEqual(first);
    expect(codes(replies)).toEqual([undefined, 'deadline']);
    expect(counter.changes).toEqual(['a']);
    expect(counter.reads).toHaveLength(1);
    expect(codes(await dispatcher.run(late, { ...caller, identity: 'other@arpa2.test' }))).toEqual([
      'expired',
      'expired',
    ]);
  });

  test('a command that was started and never ended is not run again', async () => {
    const journal = new MemoryJournal();
    const { counter, dispatcher, shells } = setUp({ journal });
    const batch = batchOf([set('a'), set('b')]);
    const plan = planBatch(batch.commands, shells, DEFAULT_LIMITS);
    const [step] = plan.isReady ? plan.steps : [];
    if (step === undefined || 'question' in step) throw new Error('The batch cannot be planned');
    const key = { identity: caller.identity, batchId: batch.id, expiresMs: batch.expiresMs };
    const broken = await journal.claim(key);
    await broken.start(0, digestOf(step));
    broken.release();
    expect(codes(await dispatcher.run(batch, caller))).toEqual(['interrupted', undefined]);
    expect(counter.changes).toEqual(['b']);
  });

  test('several repeats that wait for one batch go on one at a time', async () => {
    const journal = new MemoryJournal();
    const key = { identity: 'demo@arpa2.test', batchId: 'x', expiresMs: Date.now() + 30_000 };
    const first = await journal.claim(key);
    let atWork = 0;
    const waiters = [1, 2, 3].map(async () => {
      const record = await journal.claim(key);
      atWork += 1;
      expect(atWork).toBe(1);
      await Promise.resolve();
      atWork -= 1;
      record.release();
    });
    first.release();
    await Promise.all(waiters);
  });

  test('one identity that fills its share does not stop the others', async () => {
    const journal = new MemoryJournal({ maxBatches: 8 });
    const { dispatcher } = setUp({ journal });
    const run = async (identity: string) => codes(await dispatcher.run(batchOf([set('a')]), { ...caller, identity }));
    expect([await run('a@x'), await run('a@x'), await run('a@x')]).toEqual([[undefined], [undefined], ['unavailable']]);
    expect(await run('b@x')).toEqual([undefined]);
    const small = setUp({ journal: new MemoryJournal({ maxCharacters: 200 }) });
    const wordy = batchOf([set('x'.repeat(60))]);
    expect(codes(await small.dispatcher.run(wordy, caller))).toEqual([undefined]);
    expect(codes(await small.dispatcher.run(batchOf([set('a')]), caller))).toEqual(['unavailable']);
    expect(codes(await small.dispatcher.run(batchOf([set('a')]), { ...caller, identity: 'b@x' }))).toEqual([undefined]);
  });

  test('a share is free again when its records go', async () => {
    let nowMs = Date.now();
    const { dispatcher } = setUp({ journal: new MemoryJournal({ maxBatches: 4, now: () => nowMs }) });
    for (const expected of [undefined, 'unavailable']) {
      expect(codes(await dispatcher.run(batchOf([set('a')]), caller))).toEqual([expected]);
    }
    nowMs += 3_600_000;
    for (const expected of [undefined, 'unavailable']) {
      expect(
        codes(await dispatcher.run(batchOf([set('a')], { expiresMs: Date.now() + 3_600_000 * 2 }), caller)),
      ).toEqual([expected]);
    }
  });

  describe('an id that comes again with another command', () => {
    const line = (...words: string[]): object => ({ words_: words });

    test.each<[string, object, object]>([
      ['other words', set('a'), set('b')],
      ['another shell', set('a'), line('abacus', 'set', 'a')],
      ['another input', set('a'), { ...set('a'), stdin_: 'x' }],
      ['another input than the one before', { ...set('a'), stdin_: 'y' }, { ...set('a'), stdin_: 'x' }],
      ['the same words, read otherwise', { do_: 'counter tag', red: '1' }, { do_: 'counter tag', blue: '1' }],
      ['words parted elsewhere', line('counter', 'tag', 'a b', 'c'), line('counter', 'tag', 'a', 'b c')],
    ])('is refused as a whole: %s', async (_what, first, other) => {
      const { counter, dispatcher } = setUp();
      const batch = batchOf([{ do_: 'counter get' }, first, set('z')]);
      const answers = await dispatcher.run(batch, caller);
      expect(codes(answers)).toEqual([undefined, undefined, undefined]);
      const { changes, reads } = { changes: [...counter.changes], reads: [...counter.reads] };
      const refused = await dispatcher.run({ ...batch, commands: [{ do_: 'counter get' }, other, set('y')] }, caller);
      expect(codes(refused)).toEqual(['invalid-batch', 'invalid-batch', 'invalid-batch']);
      expect(refused[0]?.stderr_).toMatch(
        /^The id of the batch was used before, with another command 2; nothing was run/,
      );
      expect(counter).toMatchObject({ changes, reads });
      // The batch that had the id first is still answered.
      expect((await dispatcher.run(batch, caller)).slice(1)).toEqual(answers.slice(1));
      expect(counter.changes).toEqual(changes);
    });

    test('is told from the same one in its other form', async () => {
      const { counter, dispatcher } = setUp();
      const batch = batchOf([set('a')]);
      const first = await dispatcher.run(batch, caller);
      const again = { ...batch, commands: [{ ...line('counter', 'set', 'a'), stdin_: '' }] };
      expect(await dispatcher.run(again, caller)).toEqual(first);
      expect(counter.changes).toEqual(['a']);
    });

    test('is not audited as done', async () => {
      const noted: unknown[] = [];
      const note = (index: number, { error_: error }: Reply, { isRepeat }: { isRepeat: boolean }): void =>
        void noted.push([index, error?.code ?? 'ok', isRepeat]);
      const { dispatcher } = setUp({ audit: { ...noAudit, open: (batch) => ({ ...noAudit.open(batch), note }) } });
      const batch = batchOf([set('a')]);
      await dispatcher.run(batch, caller);
      await dispatcher.run(batch, caller);
      await dispatcher.run({ ...batch, commands: [set('b')] }, caller);
      expect(noted).toEqual([
        [0, 'ok', false],
        [0, 'ok', true],
        [0, 'invalid-batch', false],
      ]);
    });
  });

  test('the same id of another identity is another batch', async () => {
    const { counter, dispatcher } = setUp();
    const batch = batchOf([set('a')]);
    await dispatcher.run(batch, caller);
    await dispatcher.run(batch, { ...caller, identity: 'other@arpa2.test' });
    expect(counter.changes).toEqual(['a', 'a']);
  });

  test('what cannot be recorded does not run, and reading goes on', async () => {
    const { counter, dispatcher } = setUp({ journal: new MemoryJournal({ maxBatches: 1 }) });
    await dispatcher.run(batchOf([set('a')]), caller);
    expect(codes(await dispatcher.run(batchOf([set('b')]), caller))).toEqual(['unavailable']);
    expect(codes(await dispatcher.run(batchOf([{ do_: 'counter get' }]), caller))).toEqual([undefined]);
    expect(counter.changes).toEqual(['a']);
  });

  test('records go when their batch can no longer be accepted', async () => {
    let nowMs = Date.now();
    const journal = new MemoryJournal({ maxBatches: 1, now: () => nowMs });
    const { dispatcher } = setUp({ journal });
    await dispatcher.run(batchOf([set('a')]), caller);
    nowMs += 3_600_000;
    expect(codes(await dispatcher.run(batchOf([set('b')]), caller))).toEqual([undefined]);
    expect(journal.size).toBe(1);
  });

  test('reading batches leave no record', async () => {
    const journal = new MemoryJournal();
    const { dispatcher } = setUp({ journal });
    await dispatcher.run(batchOf([{ do_: 'counter get' }]), caller);
    expect(journal.size).toBe(0);
  });
});
