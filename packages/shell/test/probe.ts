import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { buildReply, type Reply } from '@arpa2amqp/protocol';
import { waitUntil } from '@arpa2amqp/testkit';
import {
  executableHost,
  inlineHost,
  startProcessHost,
  type Caller,
  type CommandDescription,
  type CommandOutput,
  type ExecutableHostOptions,
  type Logger,
  type PlannedCommand,
  type ProcessHostOptions,
  type RunOptions,
  type Shell,
  type ShellHost,
  type ShellSession,
} from '../src/index.js';

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

export const PROBE_MODULE = fixture('probe-shell.mjs');
const PROBE_PROGRAM = fixture('probe-program.mjs');

export const DEMO: Caller = {
  identity: 'demo@arpa2.net',
  principal: 'demo@ARPA2.NET',
  expires: new Date('2099-11-23T20:29:48Z'),
};

const LIMITS: RunOptions = { timeoutMs: 10_000, maxOutputBytes: 100_000 };

async function probeShell(options: object = {}): Promise<Shell> {
  const module = (await import(PROBE_MODULE)) as { createShell: (options: object) => Shell | Promise<Shell> };
  return await module.createShell(options);
}

export async function inlineProbe(): Promise<ShellHost> {
  return inlineHost(await probeShell());
}

export async function processProbe(options: Partial<ProcessHostOptions> = {}): Promise<ShellHost> {
  if (!existsSync(fileURLToPath(new URL('../dist/main.js', import.meta.url)))) {
    throw new Error('packages/shell is not built: run "npx tsc -b packages/shell" first');
  }
  return await startProcessHost({ name: 'probe', module: PROBE_MODULE, ...options });
}

export async function executableProbe(
  options: Partial<ExecutableHostOptions> & { mode?: string; commands?: readonly CommandDescription[] } = {},
): Promise<ShellHost> {
  const { COMMANDS } = (await import(fixture('probe-commands.mjs'))) as { COMMANDS: readonly CommandDescription[] };
  const { mode = 'normal', commands = [], ...others } = options;
  const extra = ['status', 'binary', 'close-output', 'escape'].map((spec): CommandDescription => ({
    spec,
    summary: 'Probe',
    effect: 'read',
    open: true,
  }));
  return executableHost({
    description: {
      name: 'probe',
      version: '1.2',
      intro: 'Probes hosts.',
      commands: [...COMMANDS, ...extra, ...commands],
    },
    program: [process.execPath, PROBE_PROGRAM, mode],
    ...others,
  });
}

export function plan(host: ShellHost, line: string): PlannedCommand {
  const planned = host.table.planLine(line.split(' '));
  if (!planned.ok) throw new Error(planned.message);
  return planned.command;
}

/** A session that takes typed lines. */
export class Probe {
  readonly host: ShellHost;
  readonly session: ShellSession;

  private constructor(host: ShellHost, session: ShellSession) {
    this.host = host;
    this.session = session;
  }

  static async open(host: ShellHost, caller: Caller = DEMO): Promise<Probe> {
    return new Probe(host, await host.open(caller));
  }

  async output(line: string, options: Partial<RunOptions> = {}): Promise<CommandOutput> {
    return await this.session.run(plan(this.host, line), { ...LIMITS, ...options });
  }

  async reply(line: string, options: Partial<RunOptions> = {}): Promise<Reply> {
    return buildReply(await this.output(line, options));
  }

  async codes(lines: readonly string[], options: Partial<RunOptions> & { stopOnFailure?: boolean } = {}) {
    const commands = lines.map((line) => ({ command: plan(this.host, line) }));
    const outputs = await this.session.runAll(commands, { ...LIMITS, ...options });
    return outputs.map(({ code }) => code ?? 'ok');
  }
}

/** True while a process runs; one that is only waiting to be reaped does not. */
export function isRunning(processId: number): boolean {
  try {
    const [, state] = /\) (\S)/.exec(readFileSync(`/proc/${processId}/stat`, 'utf8')) ?? [];
    return state !== undefined && state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

export async function expectGone(processId: number): Promise<void> {
  expect(processId).toBeGreaterThan(1);
  await waitUntil(() => !isRunning(processId), { timeoutMs: 5000, what: `the end of process ${processId}` });
}

/** A logger that keeps what it is told. */
export function recordingLogger(): { logger: Logger; events: { event: string; fields: Record<string, unknown> }[] } {
  const events: { event: string; fields: Record<string, unknown> }[] = [];
  const log = (fields: object, event: string) => void events.push({ event, fields: fields as Record<string, unknown> });
  return { logger: { trace: log, debug: log, info: log, warn: log, error: log }, events };
}
