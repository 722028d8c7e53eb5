import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { requireParts } from './parts.js';
import { findProgram, runProgram } from './programs.js';
import type { Realm } from './realm.js';
import { ServerProcess, type ServerCommand } from './server-process.js';
import { group, passwd, sshConfig, sshdConfig } from './ssh-files.js';

// The user it lets in is no user of the system: nss_wrapper answers sshd's questions from a passwd file of our own, in which the
// login name has the ids of whoever runs this process, since an sshd that is not root can log in no one else.

/** Options of {@link SshServer.start}. */
export interface SshServerOptions {
  /** The realm that the server and its user live in. */
  readonly realm: Realm;
  /** Login name and, in the realm, the only user who may log in; default `operator`. */
  readonly user?: string;
  /** The user's login shell, absolute; default `/bin/sh`. */
  readonly loginShell?: string;
  /** Lines of sshd_config, `Match` blocks last. They win over the server's own, where those are no condition of running at all. */
  readonly configuration?: string;
  /** Variables that every session has. */
  readonly sessionEnvironment?: Readonly<Record<string, string>>;
}

/** A client of OpenSSH. */
export type SshProgram = 'ssh' | 'scp' | 'sftp';

/** Options of {@link SshServer.run}. */
export interface SshOptions {
  /** Credentials cache file to log in with; default the realm's default cache. */
  readonly cache?: string;
  /** Text for the standard input of the session, in {@link SshServer.run}. */
  readonly input?: string;
  /** Variables added to the client's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Limit in milliseconds, default 20,000. The client is killed then. */
  readonly timeoutMs?: number;
}

/** How a client program ended. */
export interface SshResult {
  /** Exit code; of ssh, that of the remote command, 255 for a failure of the connection. Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const HOST = '127.0.0.1';
const SERVICE = `host/${HOST}`;
/** sshd changes its root to this folder before it knows a user; Debian's service makes it at each boot. */
const PRIVILEGE_SEPARATION_FOLDER = '/run/sshd';

/**
 * A private OpenSSH server: the real sshd as an ordinary process on a free port of 127.0.0.1, that takes Kerberos tickets of a
 * {@link Realm} and nothing else, and stores delegated ones. Needs no root, and makes no user.
 * @example
 * await using server = await SshServer.start({ realm, configuration: 'ForceCommand /usr/bin/id' });
 * const cache = await realm.ticket('operator', { forwardable: true });
 * const { stdout } = await server.run('ssh', ['-K', server.destination], { cache });
 */
export class SshServer extends ServerProcess {
  readonly #options: SshServerOptions & { readonly loginShell: string };
  readonly #user: string;

  private constructor(options: SshServerOptions) {
    super({ program: 'sshd', prefix: 'arpa2-ssh', ports: 1 });
    this.#options = { ...options, loginShell: options.loginShell ?? '/bin/sh' };
    this.#user = options.user ?? 'operator';
  }

  /**
   * Adds the host's service to the realm and starts the server; returns when it accepts connections.
   * @throws Error that names the Debian packages to install when sshd or ssh is missing.
   */
  static async start(options: SshServerOptions): Promise<SshServer> {
    requireParts('sshd');
    return await ServerProcess.begin(new SshServer(options));
  }

  /** The user's home directory. */
  get home(): string {
    return this.file('home');
  }

  /** Port on 127.0.0.1. */
  get port(): number {
    return this.portAt(0);
  }

  /** Whom to log in as, and where: `operator@127.0.0.1`. */
  get destination(): string {
    return `${this.#user}@${HOST}`;
  }

  /** Client configuration that leads here: for `-F` of ssh, scp and sftp. */
  get clientConfiguration(): string {
    return this.file('ssh_config');
  }

  /** Starts ssh, scp or sftp with the {@link SshServer.clientConfiguration} and these arguments. */
  spawn(program: SshProgram, args: readonly string[], options: SshOptions = {}): ChildProcessWithoutNullStreams {
    const { realm } = this.#options;
    const client = spawn(findProgram(program) ?? program, ['-F', this.clientConfiguration, ...args], {
      env: {
        ...process.env,
        ...realm.environment,
        LC_ALL: 'C',
        ...options.environment,
        KRB5CCNAME: `FILE:${options.cache ?? realm.defaultCache}`,
      },
      stdio: 'pipe',
      timeout: options.timeoutMs ?? 20_000,
      killSignal: 'SIGKILL',
    });
    // A server that hangs up early must not raise EPIPE here.
    client.stdin.on('error', () => undefined);
    for (const stream of [client.stdout, client.stderr]) stream.setEncoding('utf8');
    return client;
  }

  /** Runs ssh, scp or sftp as {@link SshServer.spawn} starts it, to its end. */
  async run(program: SshProgram, args: readonly string[], options: SshOptions = {}): Promise<SshResult> {
    const client = this.spawn(program, args, options);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) client[name].on('data', (text: string) => (output[name] += text));
    client.stdin.end(options.input ?? '');
    return await new Promise((resolve, reject) => {
      client.once('error', reject);
      client.once('close', (exitCode) => resolve({ exitCode, ...output }));
    });
  }

  protected async setUp(): Promise<void> {
    const { realm } = this.#options;
    await mkdir(this.home, { mode: 0o700 });
    if (process.getuid?.() === 0) await mkdir(PRIVILEGE_SEPARATION_FOLDER, { recursive: true, mode: 0o755 });
    if (!existsSync(realm.keytab(SERVICE))) await realm.addService(SERVICE);
    await this.#write('passwd', passwd({ name: this.#user, home: this.home, shell: this.#options.loginShell }));
    await this.#write('group', group(this.#user));
    const key = this.file('host_key');
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
    await this.restart();
    const knownHosts = this.file('known_hosts');
    await writeFile(knownHosts, `[${HOST}]:${this.port} ${await readFile(`${key}.pub`, 'utf8')}`);
    await this.#write('ssh_config', sshConfig({ port: this.port, knownHosts }));
  }

  protected async prepare(): Promise<ServerCommand> {
    const { realm, configuration = '', sessionEnvironment = {} } = this.#options;
    const sessions = { KRB5_CONFIG: realm.environment['KRB5_CONFIG'] ?? '', ...sessionEnvironment };
    const layout = { host: HOST, port: this.port, hostKey: this.file('host_key'), sessions };
    await this.#write('sshd_config', sshdConfig(layout, configuration));
    return {
      args: ['-D', '-e', '-f', this.file('sshd_config')],
      environment: {
        ...realm.environment,
        LD_PRELOAD: 'libnss_wrapper.so',
        NSS_WRAPPER_PASSWD: this.file('passwd'),
        NSS_WRAPPER_GROUP: this.file('group'),
      },
    };
  }

  async #write(name: string, text: string): Promise<void> {
    await writeFile(this.file(name), text, { mode: 0o600 });
  }
}
