import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Candidate } from '@arpa2amqp/protocol';
import { waitUntil } from '@arpa2amqp/testkit';
import {
  defineShell,
  inlineHost,
  startProcessHost,
  type Shell,
  type ShellHost,
  type VariableQuestion,
} from '../src/index.js';
import { DEMO, executableProbe, expectGone, Probe, recordingLogger } from './probe.js';

const MODULE = fileURLToPath(new URL('fixtures/hook-shell.mjs', import.meta.url));
const { logger, events } = recordingLogger();

const question = (how: string, partial = ''): VariableQuestion => {
  return { command: 0, variable: 'value', partial, values: { how: [how] }, literals: ['pick'] };
};

/** Asks one hook in a session of its own. */
async function ask(host: ShellHost, how: string, partial = '', timeoutMs = 5000): Promise<readonly Candidate[]> {
  const session = await host.open(DEMO);
  try {
    return await session.complete(question(how, partial), { timeoutMs });
  } finally {
    await session.close();
  }
}

const values = (candidates: readonly Candidate[]): string[] => candidates.map(({ value }) => value);

async function inlineHooks(): Promise<ShellHost> {
  const { createShell } = (await import(MODULE)) as { createShell: () => Shell };
  return inlineHost(createShell(), { logger });
}

async function processHooks(): Promise<ShellHost> {
  return await startProcessHost({ name: 'hooks', module: MODULE, logger });
}

describe.each([
  ['inline', inlineHooks],
  ['process', processHooks],
])('completion hooks, %s host', (_kind, start) => {
  let host: ShellHost;
  beforeAll(async () => {
    host = await start();
  });
  afterAll(async () => {
    await host.close();
  });

  test('answer in order, each word once, those that begin with the partial word', async () => {
    expect(await ask(host, 'plain')).toEqual([
      { value: 'alpha' },
      { value: 'beta' },
      { value: 'gamma', help: 'The third' },
    ]);
    expect(await ask(host, 'plain', 'g')).toEqual([{ value: 'gamma', help: 'The third' }]);
    expect(await ask(host, 'plain', 'gammas')).toEqual([]);
    expect(await ask(host, 'later')).toEqual([{ value: 'soon' }]);
  });

  test('are told what stands before, who asks, and have a state', async () => {
    expect(await ask(host, 'request')).toEqual([{ value: 'request|pick|demo@arpa2.net|2099|true|' }]);
  });

  test('may hold anything: control characters are data, what is no word is left out', async () => {
    expect(await ask(host, 'odd')).toEqual([
      { value: 'esc\u001b[31m\n' },
      { value: 'v', help: `${'h'.repeat(254)}…` },
      { value: 'w' },
      { value: 'x'.repeat(255) },
    ]);
    const many = await ask(host, 'many', 'n4');
    expect(many).toHaveLength(1000);
    expect(many[0]).toEqual({ value: 'n4' });
    expect(await ask(host, 'endless', '7')).toContainEqual({ value: '70001' });
  });

  test('that fail are no answer, and only defects are logged', async () => {
    for (const how of ['none', 'broken', 'refused', 'no such hook']) {
      events.length = 0;
      expect(await ask(host, how)).toEqual([]);
      expect(events.some(({ event }) => event.endsWith('hook-broke'))).toBe(how !== 'refused');
    }
    const session = await host.open(DEMO);
    for (const odd of [{ variable: 'how' }, { variable: 'constructor' }, { command: 99, variable: 'x' }]) {
      expect(await session.complete({ ...question('plain'), ...odd }, { timeoutMs: 5000 })).toEqual([]);
    }
    await session.close();
    expect(await session.complete(question('plain'), { timeoutMs: 5000 })).toEqual([]);
  });

  test('that are late are no answer; they are told, and others go on', async () => {
    const start = performance.now();
    expect(await Promise.all([ask(host, 'hang', '', 100), ask(host, 'slow', '', 100)])).toEqual([[], []]);
    expect(performance.now() - start).toBeLessThan(3000);
    expect(values(await ask(host, 'plain', 'a'))).toEqual(['alpha']);
    const aborted = new AbortController();
    const session = await host.open(DEMO);
    const answer = session.complete(question('slow'), { timeoutMs: 60_000, signal: aborted.signal });
    aborted.abort();
    expect(await answer).toEqual([]);
    expect(await session.complete(question('plain'), { timeoutMs: 5000, signal: aborted.signal })).toEqual([]);
  });

  test('and what they need is described, plain data', async () => {
    const probe = await Probe.open(host);
    const { commands, ...title } = (await probe.reply('describe')) as { commands: object[] };
    expect(title).toEqual({ name: 'hooks', version: '1', intro: 'Completes. And more.' });
    expect(commands[0]).toEqual({
      spec: 'pick <how> [ exactly ] <value>',
      summary: 'Pick a value',
      effect: 'read',
      open: true,
      help: { exactly: 'Not about', '<value>': 'What is picked' },
      live: ['value'],
    });
    expect(commands).toContainEqual(expect.objectContaining({ spec: 'describe', builtin: true }));
  });
});

describe('completion hooks in a process', () => {
  let host: ShellHost;
  let probe: Probe;
  let processes: number[];
  beforeEach(async () => {
    events.length = 0;
    host = await processHooks();
    probe = await Probe.open(host);
    processes = [await commandProcess(), await hookProcess()];
  });
  afterEach(async () => {
    await host.close();
    for (const process of processes) await expectGone(process);
  });

  const commandProcess = async (): Promise<number> => Number((await probe.output('pid')).stdout);
  const hookProcess = async (): Promise<number> =>
    await waitUntil(async () => Number(values(await ask(host, 'pid'))[0] ?? 0) || null);

  test('that hold the processor stop no command and are killed; the next question starts a new one', async () => {
    expect(processes[0]).not.toBe(processes[1]);
    const blocked = ask(host, 'block', '', 100);
    const start = performance.now();
    for (let round = 0; round < 20; round += 1) expect(await probe.codes(['pid'])).toEqual(['ok']);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(await blocked).toEqual([]);
    await expectGone(processes[1]!);
    processes[1] = await hookProcess();
    expect(events.map(({ event }) => event)).toContain('completer-down');
    expect(await commandProcess()).toBe(processes[0]);
  });

  test('that die leave the commands alone, and their states are given back', async () => {
    expect(await ask(host, 'die')).toEqual([]);
    await expectGone(processes[1]!);
    processes[1] = await hookProcess();
    expect((await probe.output('balance')).stdout).toBe('1\n');
  });

  test('that never end are not collected without a limit', async () => {
    const answers = Array.from({ length: 200 }, async () => await ask(host, 'hang', '', 300));
    expect((await Promise.all(answers)).flat()).toEqual([]);
    await expectGone(processes[1]!);
    expect(events.map(({ event }) => event)).toContain('completer-stuck-killed');
    processes[1] = await hookProcess();
  });

  test('are ready once the shell was described', async () => {
    const fresh = await processHooks();
    const session = await Probe.open(fresh);
    await session.output('describe');
    expect(await waitUntil(async () => values(await ask(fresh, 'plain', 'a', 200)).join() || null)).toBe('alpha');
    fresh.destroy();
    await fresh.close();
    expect(await ask(fresh, 'plain')).toEqual([]);
  });
});

test('a program has no hooks', async () => {
  const host = await executableProbe();
  expect(await ask(host, 'plain')).toEqual([]);
  await host.close();
});

test('help can be asked about the commands that the caller may see, and describe shows no others', async () => {
  const host = await inlineHooks();
  const visible = async (commands: readonly { readonly spec: string }[]) =>
    await Promise.resolve(commands.map(({ spec }) => (/^(?:help|ping|balance|describe)/.test(spec) ? [] : null)));
  const session = await host.open(DEMO, { visible });
  const run = async (line: string) => {
    const plan = host.table.planLine(line.split(' '));
    if (!plan.ok) throw new Error(plan.message);
    return await session.run(plan.command, { timeoutMs: 1000, maxOutputBytes: 100_000 });
  };
  const help = host.table.find('help')!;
  const about = { command: help, variable: 'command', partial: '', values: {}, literals: ['help'] };
  expect(values(await session.complete(about, { timeoutMs: 200 }))).toEqual([
    'balance',
    'describe',
    'help',
    'ping',
    'ping6',
  ]);
  expect((await run('help')).stdout).toMatch(/\nbalance {2}help {2}ping {2}ping6\n$/);
  expect((await run('help pick')).stderr).toMatch(/^No help on "pick"/);
  const { commands } = JSON.parse((await run('describe')).stdout) as { commands: { spec: string }[] };
  expect(commands.map(({ spec }) => spec)).toEqual(['balance', 'help [ <command> ]', 'describe', 'ping', 'ping6']);
  const blind = await host.open(DEMO, { visible: async () => await Promise.reject(new Error('the store is away')) });
  expect(await blind.complete(about, { timeoutMs: 200 })).toEqual([]);
  const plan = host.table.planLine(['describe']);
  expect(plan.ok && (await blind.run(plan.command, { timeoutMs: 1000, maxOutputBytes: 1000 })).code).toBe(
    'unavailable',
  );
  await host.close();
});

test('a description is told as a whole where a form with a secret is hidden: who tries it must not find it in a history', async () => {
  const host = inlineHost(
    defineShell({
      name: 'gate',
      version: '1',
      intro: '',
      types: { password: { type: 'string', secret: true } },
      commands: [
        {
          spec: 'gate ( open <password> | close | look <where> )',
          summary: 'The gate',
          effect: 'read',
          needs: [
            { with: ['open'], rights: 'W', class: 'gate' },
            { with: ['close', 'look'], rights: 'R', class: 'gate' },
          ],
          run: () => undefined,
        },
      ],
    }),
  );
  const tell = async (line: string, ...hidden: string[]) => {
    const visible = async (commands: readonly unknown[]) => await Promise.resolve(commands.map(() => hidden));
    const session = await host.open(DEMO, { visible });
    const plan = host.table.planLine(line.split(' '));
    return plan.ok ? (await session.run(plan.command, { timeoutMs: 1000, maxOutputBytes: 100_000 })).stdout : '';
  };
  const specOf = (text: string) => (JSON.parse(text) as { commands: { spec: string }[] }).commands[0]?.spec;
  expect(specOf(await tell('describe', 'open'))).toBe('gate ( open <password> | close | look <where> )');
  expect(specOf(await tell('describe', 'look'))).toBe('gate (open <password> | close)');
  expect(await tell('help gate', 'open')).toBe('gate (close | look <where>)\n    The gate\n');
  await host.close();
});
