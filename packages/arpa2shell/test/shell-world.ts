import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DaemonProcess, Realm, runProgram, WorkDirectory } from '@arpa2amqp/testkit';

export const ADDRESS = '/internetwide/arpa2.test/reservoir';
const SERVICE = 'arpa2amqp/reservoir.arpa2.test';
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const DAEMON = fileURLToPath(new URL('../../arpa2amqp.d/dist/main.js', import.meta.url));
const KIT = fileURLToPath(new URL('../../shell/dist/index.js', import.meta.url));

/** A shell with a state, a secret, a slow command and output that is not to be trusted. */
const COUNTER = `
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { defineShell } from ${JSON.stringify(KIT)};

export const createShell = () => defineShell({
  name: 'test1', version: '1.0', intro: 'Counts from a start.',
  openSession: () => ({ start: 0 }),
  complete: { word: () => ['alpha', 'beta'] },
  commands: [
    { spec: 'start ( at <number> | show )', summary: 'Where to start', effect: 'change', open: true, session: ['at'],
      types: { number: 'integer' }, help: { at: 'Set it', show: 'Print it' },
      run: (call) => call.has('at') ? void (call.state.start = Number(call.value('number'))) : call.print(String(call.state.start)) },
    { spec: 'login <password>', summary: 'Log in', effect: 'change', open: true, types: { password: { type: 'string', secret: true } },
      run: (call) => call.print('in') },
    { spec: 'echo <word> [...]', summary: 'Print words', effect: 'read', open: true, run: (call) => call.print(call.all('word').join('\\n')) },
    { spec: 'list', summary: 'Print a table', effect: 'read', open: true,
      run: (call) => call.json({ rows: [{ name: 'a', size: 1 }, { name: 'bcd', size: 20 }], none: [], who: { is: 'me' } }) },
    { spec: 'headed', summary: 'Print a header', effect: 'read', open: true, run: (call) => { call.header('Delay', '5'); call.print('body'); } },
    { spec: 'nasty', summary: 'Print escapes', effect: 'read', open: true, run: (call) => call.print('\\u001b[31mred\\u0007') },
    { spec: 'slow <started>', summary: 'Never end', effect: 'change', open: true,
      run: async (call) => { writeFileSync(call.value('started'), ''); await pause(60_000, undefined, { signal: call.signal }); } },
  ],
});
`;

/** How the program ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the program is started. */
export interface StartOptions {
  /** Beside PATH and the realm. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** The name it is called by, a link to it; default: itself. */
  readonly name?: string;
  readonly cache?: string;
}

/** How a daemon is started. */
export interface DaemonOptions {
  /** Where it listens; default a free port. */
  readonly listen?: string;
  /** Instead of test1. */
  readonly shells?: readonly string[];
  /** Its state directory; default none. */
  readonly state?: string;
  /** The access control lists that are there decide; default: everything is granted. */
  readonly hasLists?: true;
}

/** A realm with the user demo, a daemon with the shell test1, and the built program. */
export class ShellWorld implements AsyncDisposable {
  readonly realm: Realm;
  readonly directory = new WorkDirectory('arpa2shell-test');
  readonly shells: string;

  private constructor(realm: Realm) {
    this.realm = realm;
    this.shells = this.directory.file('shells');
    const folder = path.join(this.shells, 'test1');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'shell.json'), '{ "name": "test1", "kind": "process", "module": "./index.mjs" }');
    writeFileSync(path.join(folder, 'index.mjs'), COUNTER);
    chmodSync(MAIN, 0o755);
  }

  static async create(): Promise<ShellWorld> {
    const realm = await Realm.create({ users: ['demo', 'other'], services: [SERVICE] });
    await realm.ticket('demo', { cache: realm.defaultCache });
    return new ShellWorld(realm);
  }

  async startDaemon({ listen, shells = [this.shells], state, hasLists }: DaemonOptions = {}): Promise<DaemonProcess> {
    const args = ['--address', ADDRESS, '--keytab', this.realm.keytab(SERVICE), '--shells', ...shells];
    if (hasLists !== true) args.push('--open');
    if (listen !== undefined) args.push('--listen', listen);
    if (state !== undefined) args.push('--state', state);
    return await DaemonProcess.start({ args, environment: this.realm.environment });
  }

  /** Makes access control lists that demo administers. @returns the state directory with them */
  async makeLists(): Promise<string> {
    const state = this.directory.file('state');
    await runProgram(process.execPath, [DAEMON, 'acl', 'init', 'demo@arpa2.test', '--state', state]);
    return state;
  }

  /** Starts the program by its first line, as a login does. */
  spawn(args: readonly string[], options: StartOptions = {}): ReturnType<typeof spawn> {
    const name = options.name ?? MAIN;
    return spawn(name, args, {
      env: {
        PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
        HOME: this.directory.path,
        ...this.realm.environment,
        ...(options.cache === undefined ? {} : { KRB5CCNAME: `FILE:${options.cache}` }),
        ...options.environment,
      },
      stdio: 'pipe',
      timeout: 20_000,
      killSignal: 'SIGKILL',
    });
  }

  /** Runs the program to its end. */
  async run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    const child = this.spawn(args, options);
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.directory.remove();
    await this.realm.close();
  }
}

/** A shell of this repository. */
export function shellFolder(name: string): string {
  return fileURLToPath(new URL(`../../../shells/${name}`, import.meta.url));
}

/** Where the program is. */
export { MAIN };
