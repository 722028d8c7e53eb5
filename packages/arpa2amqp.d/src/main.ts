#!/usr/bin/env node
import { createRequire } from 'node:module';
import { AclError } from '@arpa2amqp/acl';
import { BusError } from '@arpa2amqp/protocol';
import type { Logger } from 'pino';
import { parseCommandLine } from './command-line.js';
import { readConfigurationFile, resolveConfiguration } from './configuration.js';
import { Daemon } from './daemon.js';
import { createLog } from './log.js';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** As of the codes of `BusError` that say the same. */
const WRONG_USAGE = 2;

async function main(): Promise<void> {
  const [first, ...rest] = process.argv.slice(2);
  const tool = first === 'acl' || first === 'audit' ? await toolOf(first) : null;
  if (tool !== null) {
    const { text, exitCode } = await tool(rest, version);
    process.stdout.write(text);
    process.exitCode = exitCode;
    return;
  }
  const { configFile, settings } = parseCommandLine(process.argv.slice(2), version);
  const file = configFile === undefined ? {} : await readConfigurationFile(configFile);
  const configuration = resolveConfiguration(file, settings);
  const log = createLog(configuration.logLevel);
  if (configuration.isOpen) {
    log.warn('--open: everyone with a ticket may run every command of every shell on this host');
  }
  const daemon = await Daemon.start(configuration, log);
  handleSignals(daemon, log);
  log.info({ url: daemon.url, address: configuration.address.address, shells: daemon.shells, version }, 'ready');
}

type Tool = (argv: readonly string[], version: string) => Promise<{ readonly text: string; readonly exitCode: number }>;

/** Loaded only when asked for: the daemon needs none of it. */
async function toolOf(name: 'acl' | 'audit'): Promise<Tool> {
  if (name === 'acl') return (await import('./acl-program.js')).runAclProgram;
  return (await import('./audit-program.js')).runAuditProgram;
}

function handleSignals(daemon: Daemon, log: Logger): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) {
      log.warn({ signal }, 'stopped-at-once');
      daemon.destroy();
      process.exit(1);
    }
    isStopping = true;
    log.info({ signal }, 'stopping');
    daemon.close().then(
      () => {
        log.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        log.fatal({ err: error }, 'stop-failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => {
    daemon.reload().catch((error: unknown) => log.error({ err: error }, 'reload-failed'));
  });
}

main().catch((error: unknown) => {
  // Before the daemon runs, a person looks at the terminal: one line that says what to do.
  const { code, message } =
    error instanceof Error ? (error as Error & { code?: string }) : { code: undefined, message: String(error) };
  process.stderr.write(`arpa2amqp.d: ${message}${code === undefined ? '' : ` (${code})`}\n`);
  process.exit(error instanceof BusError ? error.exitCode : error instanceof AclError ? WRONG_USAGE : 1);
});
