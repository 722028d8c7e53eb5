import { Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { quoted } from '@arpa2amqp/protocol';
import { ChildSession } from './child-session.js';
import { asRecord } from './document.js';
import type { Shell } from './define-shell.js';
import { JsonChannel } from './json-channel.js';
import { flatFields } from './flat-fields.js';
import { SILENT, type Logger } from './logger.js';
import { HookRunner } from './hook-runner.js';
import type { ShellPlace } from './place.js';
import { CHANNEL_FD, fromWire, type FromChild, type LogLevel, type ToChild } from './process-messages.js';
import { reasonOf } from './reason.js';
import { closeShell, startShell } from './shell-life.js';

// The process of one shell. Life cycle: started (waits for `start`) -> loads the module, says hello -> serves -> ends with
// its channel, whoever closed it: there is no orphan when the daemon dies.

/** The states get so long to be given back at the end, in milliseconds. */
const END_MS = 2000;

class ShellProcess {
  readonly #channel: JsonChannel;
  readonly #sessions = new Map<number, ChildSession>();
  /** Hooks at work, by the id of the question. */
  readonly #questions = new Map<number, AbortController>();
  #shell: Shell | undefined;
  #hooks: HookRunner<unknown> | undefined;

  constructor() {
    const socket = new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
    this.#channel = new JsonChannel(socket, {
      onMessage: (message) => this.#take(message as ToChild),
      onEnd: () => void this.#end(),
    });
  }

  #send(message: FromChild): void {
    this.#channel.send(message);
  }

  #take(message: ToChild): void {
    switch (message.type) {
      case 'start':
        void this.#start(message);
        return;
      case 'open':
        this.#open(message);
        return;
      case 'run':
        void this.#sessions.get(message.session)?.run(message);
        return;
      case 'stop':
        this.#sessions.get(message.session)?.stop(message);
        return;
      case 'close':
        void this.#close(message.session);
        return;
      case 'complete':
        void this.#complete(message);
        return;
      case 'give-up':
        this.#questions.get(message.session)?.abort();
        return;
      case 'ping':
        this.#send({ type: 'pong', id: message.id });
    }
  }

  async #start({ module, name, options, place }: ToChild & { type: 'start' }): Promise<void> {
    try {
      this.#shell = await loadShell(module, options, { ...place, logger: this.#logger() });
      if (this.#shell.name !== name) {
        throw new Error(
          `the module makes a shell named ${quoted(this.#shell.name)}, its manifest says ${quoted(name)}`,
        );
      }
      this.#hooks = new HookRunner(this.#shell, this.#logger());
      this.#send({ type: 'hello', description: this.#shell.description });
      if (place.completesOnly !== true) void startShell(this.#shell, this.#logger());
    } catch (error) {
      this.#send({ type: 'refused', message: reasonOf(error) });
      await this.#end();
    }
  }

  #open({ session, caller }: ToChild & { type: 'open' }): void {
    if (this.#shell === undefined) return;
    const send = (message: FromChild) => this.#send(message);
    this.#sessions.set(session, new ChildSession(session, this.#shell, fromWire(caller), this.#logger(), send));
  }

  async #complete({ session, caller, question }: ToChild & { type: 'complete' }): Promise<void> {
    const controller = new AbortController();
    this.#questions.set(session, controller);
    const candidates = (await this.#hooks?.ask(question, fromWire(caller), controller.signal)) ?? [];
    this.#questions.delete(session);
    this.#send({ type: 'candidates', session, candidates });
  }

  async #close(id: number): Promise<void> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    await session?.close();
    this.#send({ type: 'closed', session: id });
  }

  async #end(): Promise<void> {
    // What a shell's own code keeps open must not keep the process.
    setTimeout(endProcess, END_MS);
    await Promise.all(Array.from(this.#sessions.values(), async (session) => await session.close()));
    await closeShell(this.#shell);
    endProcess();
  }

  #logger(): Logger {
    const at = (level: LogLevel) => (fields: object, event: unknown) => {
      this.#send({ type: 'log', level, event: typeof event === 'string' ? event : 'log', fields: flatFields(fields) });
    };
    return { ...SILENT, info: at('info'), warn: at('warn'), error: at('error') };
  }
}

async function loadShell(module: string, options: unknown, place: ShellPlace): Promise<Shell> {
  const exported = asRecord({ ...((await import(pathToFileURL(module).href)) as object) }, 'the module');
  const { createShell } = exported;
  if (typeof createShell !== 'function') throw new Error('the module exports no function createShell');
  return await (createShell as (options: unknown, place: ShellPlace) => Shell | Promise<Shell>)(options, place);
}

function endProcess(): never {
  // The daemon started us as leader of a group: whatever the shell has started ends with us.
  process.once('exit', () => process.kill(-process.pid, 'SIGKILL'));
  process.exit(0);
}

// The daemon decides when we end; a Ctrl-C meant for it must not take us away before it has drained.
process.on('SIGINT', () => undefined);
new ShellProcess();
