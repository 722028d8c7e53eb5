import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { BusError, DEFAULT_LIMITS, isErrorReply, quoted, type Reply } from '@arpa2amqp/protocol';
import type { BatchOptions } from '../batch-options.js';
import type { ConnectOptions } from '../client-options.js';
import { connect } from '../connect.js';
import { parseDuration } from '../duration.js';
import { adviceFor } from './advice.js';
import type { Arguments } from './arguments.js';
import { parseInput, readInput } from './input.js';
import { Progress } from './progress.js';

/** What the program is to print and the code it is to exit with. */
export interface CommandLineResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Job {
  readonly to: string;
  readonly commands: unknown[];
  readonly options: BatchOptions & { readonly timeoutMs: number };
}

/** Reads the batch, sends it and says what came of it. Never throws. */
export async function sendInput(args: Arguments, signal: AbortSignal): Promise<CommandLineResult> {
  let batchId: string | null = null;
  try {
    const job = await readJob(args, signal);
    const { isRaw } = args;
    batchId = isRaw ? null : (job.options.batchId ?? randomUUID());
    const options = { ...job.options, signal, ...(batchId === null ? {} : { batchId }) };
    const replies = await send(args, { ...job, options });
    const stdout = `${JSON.stringify(replies, null, args.isPretty ? 2 : 0)}\n`;
    return { exitCode: replies.some(isErrorReply) ? 1 : 0, stdout, stderr: '' };
  } catch (error) {
    return complain(error, batchId);
  }
}

async function send(args: Arguments, { to, commands, options }: Job): Promise<Reply[]> {
  const startMs = Date.now();
  const progress = new Progress(process.stderr, `arpa2amqp: waiting for ${to}`);
  if (args.isQuiet) progress.stop();
  try {
    const client = await connect(await connectOptions(args, options));
    try {
      // The time limit is for all of it.
      const timeoutMs = Math.max(1, options.timeoutMs - (Date.now() - startMs));
      if (args.isReplyWanted) return await client.run(to, commands, { ...options, timeoutMs });
      await client.send(to, commands, { ...options, timeoutMs });
      return [];
    } finally {
      await client.close();
    }
  } finally {
    progress.stop();
  }
}

async function connectOptions(args: Arguments, { timeoutMs, signal }: Job['options']): Promise<ConnectOptions> {
  return {
    timeoutMs,
    url: args.connect,
    connectTimeoutMs: timeoutMs,
    isRaw: args.isRaw,
    isMutual: args.isMutual,
    ...(signal === undefined ? {} : { signal }),
    ...(args.service === undefined ? {} : { service: args.service }),
    ...(args.isGssapiLogin ? { sasl: { mechanism: 'GSSAPI' as const } } : {}),
    ...(args.ca === undefined ? {} : { tls: { ca: await readCertificates(args.ca) } }),
  };
}

async function readCertificates(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new BusError('usage', `Cannot read ${quoted(file)}: ${code ?? String(cause)}`, { cause });
  }
}

async function readJob(args: Arguments, signal: AbortSignal): Promise<Job> {
  const timeoutMs = parseDuration(args.timeout);
  const confirm = args.confirm === undefined ? undefined : parseSeconds(args.confirm);
  if (args.file === undefined && process.stdin.isTTY && !args.isQuiet) {
    process.stderr.write('arpa2amqp: reading the batch from standard input; end it with Ctrl-D\n');
  }
  const file = args.file === undefined || args.file === '-' ? null : args.file;
  const text = await readInput(file, DEFAULT_LIMITS, signal);
  const input = parseInput(text, DEFAULT_LIMITS);
  return {
    to: chooseAddress(args, input.to),
    commands: input.commands,
    options: {
      timeoutMs,
      atomic: args.atomic || input.atomic === true,
      dryRun: args.dryRun || input.dryRun === true,
      confirm: confirm ?? input.confirm ?? 0,
      ...(input.id === undefined ? {} : { batchId: input.id }),
    },
  };
}

/** A batch object that names its host goes nowhere else. */
function chooseAddress(args: Arguments, named: string | undefined): string {
  if (named !== undefined && args.explicitTo !== undefined && named !== args.explicitTo) {
    throw new BusError('usage', `The batch is for ${quoted(named)} and --to names ${quoted(args.explicitTo)}`);
  }
  const to = named ?? args.to;
  if (to === undefined) throw new BusError('usage', 'No host was named: use --to or ARPA2AMQP_TO');
  return to;
}

function parseSeconds(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new BusError('usage', `--confirm takes whole seconds, not ${quoted(text)}`);
  return Number(text);
}

function complain(error: unknown, batchId: string | null): CommandLineResult {
  if (!(error instanceof BusError)) {
    const text = error instanceof Error ? error.message : String(error);
    return { exitCode: 5, stdout: '', stderr: `arpa2amqp: A defect of this program: ${text} (internal)\n` };
  }
  const advice = adviceFor(error, batchId);
  const lines = [`arpa2amqp: ${error.message} (${error.code})`, ...(advice === null ? [] : [`  ${advice}`])];
  // Whatever went wrong here went wrong before a command could: exit code 1 is for replies.
  const exitCode = error.exitCode === 1 ? 2 : error.exitCode;
  return { exitCode, stdout: '', stderr: `${lines.join('\n')}\n` };
}
