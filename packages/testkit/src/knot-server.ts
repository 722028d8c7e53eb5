import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { findFreePort } from './conditions.js';
import { requireParts } from './parts.js';
import { SupervisedProcess, WorkDirectory } from './processes.js';
import { runProgram } from './programs.js';

// Life cycle: start -> (kill/restart, pause/resume any number of times) -> close. The server owns its directory and its knotd;
// both end with this process however it ends (processes.ts).

/** Options of {@link KnotServer.start}. */
export interface KnotServerOptions {
  /** Knot configuration (YAML) that is added to the server's own sections; for instance a `template:` of another id. */
  readonly configuration?: string;
  /** Lines of the `default` template, each as `item: value`; default none, so Knot's own (a zone file is kept). */
  readonly template?: readonly string[];
}

/** One record of a {@link DnsAnswer}, in presentation form. */
export interface DnsRecord {
  readonly owner: string;
  readonly ttl: number;
  readonly type: string;
  readonly data: string;
}

/** What the server answered to a query. */
export interface DnsAnswer {
  /** `NOERROR`, `SERVFAIL`, `NXDOMAIN`, `REFUSED` or `RCODE<n>`. */
  readonly status: string;
  readonly records: readonly DnsRecord[];
}

interface JsonMessage {
  readonly RCODE?: number;
  readonly answerRRs?: readonly { NAME: string; TTL: number; TYPEname: string; [rdata: string]: unknown }[];
}

const STATUS: Readonly<Record<number, string>> = { 0: 'NOERROR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 5: 'REFUSED' };
const CLASHES_ALLOWED = 5;
/** sun_path holds 108 bytes; some room for knotd's own use. */
const MAX_SOCKET_BYTES = 100;

/**
 * A private authoritative DNS server: the real knotd as an ordinary process on a free port of 127.0.0.1, with a configuration
 * database, in a directory of its own (mode 0700). Needs no root.
 * @example
 * await using knot = await KnotServer.start();
 * await knot.query('example.org', 'SOA');
 */
export class KnotServer {
  readonly #directory: WorkDirectory;
  readonly #options: KnotServerOptions;
  #knotd: SupervisedProcess | null = null;
  #port = 0;
  #closing: Promise<void> | null = null;

  private constructor(options: KnotServerOptions) {
    this.#directory = new WorkDirectory('arpa2-knot');
    this.#options = options;
  }

  /**
   * Starts a server without zones; returns when it answers on its control socket and its DNS port.
   * @throws Error that names the Debian packages to install when knotd or kdig is missing.
   */
  static async start(options: KnotServerOptions = {}): Promise<KnotServer> {
    requireParts('knotd');
    const server = new KnotServer(options);
    try {
      await server.#setUp();
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** Private directory of the server, removed by close. */
  get directory(): string {
    return this.#directory.path;
  }

  /** Absolute path of the control socket. */
  get socket(): string {
    return this.#directory.file('run/knot.sock');
  }

  /** Port of the DNS service on 127.0.0.1, UDP and TCP. */
  get port(): number {
    return this.#port;
  }

  /** What knotd has logged so far. */
  get log(): string {
    return this.#knotd?.log ?? '';
  }

  /** Process id of knotd. */
  get pid(): number {
    return Number.parseInt(readFileSync(this.#directory.file('run/knot.pid'), 'utf8'), 10);
  }

  /**
   * Asks the server for the records of a name and type with kdig over TCP, so that nothing is truncated.
   * @throws ProgramError when the server does not answer within 2 s.
   */
  async query(name: string, type: string): Promise<DnsAnswer> {
    const { stdout } = await runProgram('kdig', [
      ...['+json', '+tcp', '+timeout=2', '+retry=0', '@127.0.0.1', '-p', String(this.#port)],
      ...['-q', name, '-t', type],
    ]);
    const message = JSON.parse(stdout) as JsonMessage;
    const code = message.RCODE ?? -1;
    return {
      status: STATUS[code] ?? `RCODE${code}`,
      records: (message.answerRRs ?? []).map((record) => ({
        owner: record.NAME,
        ttl: record.TTL,
        type: record.TYPEname,
        // kdig puts a blank behind some.
        data: String(record[`rdata${record.TYPEname}`]).trim(),
      })),
    };
  }

  /**
   * Runs knotc, Knot's own client of the control socket, and returns what it printed on stdout.
   * @throws ProgramError when knotc reports an error.
   */
  async knotc(...args: readonly string[]): Promise<string> {
    return (await runProgram('knotc', ['-s', this.socket, ...args])).stdout;
  }

  /** Stops knotd's process where it is (SIGSTOP), so that it accepts but never answers. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  /** Lets a paused knotd go on (SIGCONT). */
  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Kills knotd (SIGKILL) and waits until it is gone; zones and configuration stay for {@link KnotServer.restart}. */
  async kill(): Promise<void> {
    const knotd = this.#knotd;
    if (knotd === null) return;
    this.#knotd = null;
    if (knotd.exitCode === null) process.kill(this.pid, 'SIGKILL');
    await knotd.stop();
    // knotc would ask the stale socket instead of opening the database.
    await rm(this.socket, { force: true });
  }

  /** Starts knotd again after {@link KnotServer.kill}; the port may be another. Does nothing while it runs. */
  async restart(): Promise<void> {
    for (let clashes = 0; this.#knotd === null; clashes++) {
      if (clashes > 0 || this.#port === 0) this.#port = await findFreePort();
      await this.#writeConfiguration();
      const knotd = new SupervisedProcess('knotd', ['-C', this.#directory.file('confdb'), '-m', '64'], {
        directory: this.directory,
        logFile: this.#directory.file('knotd.log'),
      });
      try {
        await knotd.waitUntilReady(async () => await this.#answers());
        this.#knotd = knotd;
      } catch (error) {
        await knotd.stop();
        // Someone took the port between finding and binding it: take another.
        if (clashes === CLASHES_ALLOWED) throw error;
      }
    }
  }

  /** Stops knotd and removes the directory. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    // Nothing of it is kept, so there is nothing to write in good order; a paused knotd would not hear SIGTERM.
    await this.kill();
    this.#directory.remove();
  }

  async #setUp(): Promise<void> {
    if (Buffer.byteLength(this.socket) > MAX_SOCKET_BYTES) {
      throw new RangeError(
        `Starting knotd failed: the path of its socket, ${this.socket}, is longer than ${MAX_SOCKET_BYTES} bytes; set TMPDIR to a shorter one`,
      );
    }
    await chmod(this.directory, 0o700);
    for (const folder of ['run', 'storage']) await mkdir(this.#directory.file(folder), { mode: 0o700 });
    await this.restart();
  }

  async #answers(): Promise<boolean> {
    if (!existsSync(this.socket)) return false;
    await this.knotc('-t', '2', 'status');
    return (await this.query('.', 'SOA')).status !== '';
  }

  /** Makes the database from the configuration, from its own after a restart: it keeps what was changed over the control socket. */
  async #writeConfiguration(): Promise<void> {
    const database = this.#directory.file('confdb');
    const file = this.#directory.file('knot.conf');
    if (existsSync(database)) {
      await runProgram('knotc', ['-C', database, '-m', '64', 'conf-export', file]);
      const before = await readFile(file, 'utf8');
      await writeFile(file, before.replace(/^ +listen: "?127\.0\.0\.1@\d+"?$/m, `    listen: 127.0.0.1@${this.#port}`));
      await rm(database, { recursive: true });
    } else await writeFile(file, this.#configuration(), { mode: 0o600 });
    await runProgram('knotc', ['-C', database, '-m', '64', 'conf-import', file]);
  }

  #configuration(): string {
    const storage = this.#directory.file('storage');
    return [
      'server:',
      `    rundir: "${this.#directory.file('run')}"`,
      `    listen: 127.0.0.1@${this.#port}`,
      ...['udp-workers', 'tcp-workers', 'background-workers'].map((workers) => `    ${workers}: 1`),
      'control:',
      `    listen: "${this.socket}"`,
      'log:',
      '  - target: stderr',
      '    any: info',
      'database:',
      `    storage: "${storage}"`,
      '    journal-db-max-size: 64M',
      '    kasp-db-max-size: 16M',
      '    timer-db-max-size: 16M',
      'template:',
      '  - id: default',
      `    storage: "${storage}"`,
      ...(this.#options.template ?? []).map((line) => `    ${line}`),
      this.#options.configuration ?? '',
      '',
    ].join('\n');
  }
}
