import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { requireParts } from './parts.js';
import { runProgram } from './programs.js';
import { ServerProcess, type ServerCommand } from './server-process.js';

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

/**
 * A private authoritative DNS server: the real knotd as an ordinary process on a free port of 127.0.0.1, with a configuration
 * database, in a directory of its own (mode 0700). Needs no root.
 * @example
 * await using knot = await KnotServer.start();
 * await knot.query('example.org', 'SOA');
 */
export class KnotServer extends ServerProcess {
  readonly #options: KnotServerOptions;

  private constructor(options: KnotServerOptions) {
    super({ program: 'knotd', prefix: 'arpa2-knot', ports: 1 });
    this.#options = options;
  }

  /**
   * Starts a server without zones; returns when it answers on its control socket and its DNS port.
   * @throws Error that names the Debian packages to install when knotd or kdig is missing.
   */
  static async start(options: KnotServerOptions = {}): Promise<KnotServer> {
    requireParts('knotd');
    return await ServerProcess.begin(new KnotServer(options));
  }

  /** Absolute path of the control socket. */
  get socket(): string {
    return this.socketFile('run/knot.sock');
  }

  /** Port of the DNS service on 127.0.0.1, UDP and TCP. */
  get port(): number {
    return this.portAt(0);
  }

  /**
   * Asks the server for the records of a name and type with kdig over TCP, so that nothing is truncated.
   * @throws ProgramError when the server does not answer within 2 s.
   */
  async query(name: string, type: string): Promise<DnsAnswer> {
    const { stdout } = await runProgram('kdig', [
      ...['+json', '+tcp', '+timeout=2', '+retry=0', '@127.0.0.1', '-p', String(this.port)],
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

  protected async setUp(): Promise<void> {
    for (const folder of ['run', 'storage']) await mkdir(this.file(folder), { mode: 0o700 });
    await this.restart();
  }

  protected async prepare(): Promise<ServerCommand> {
    // knotc would ask the socket of a knotd that was killed instead of opening the database.
    await rm(this.socket, { force: true });
    await this.#writeConfiguration();
    return { args: ['-C', this.file('confdb'), '-m', '64'] };
  }

  protected override async isReady(): Promise<boolean> {
    if (!existsSync(this.socket)) return false;
    await this.knotc('-t', '2', 'status');
    return (await this.query('.', 'SOA')).status !== '';
  }

  /** Makes the database from the configuration, from its own after a restart: it keeps what was changed over the control socket. */
  async #writeConfiguration(): Promise<void> {
    const database = this.file('confdb');
    const file = this.file('knot.conf');
    if (existsSync(database)) {
      await runProgram('knotc', ['-C', database, '-m', '64', 'conf-export', file]);
      const before = await readFile(file, 'utf8');
      await writeFile(file, before.replace(/^ +listen: "?127\.0\.0\.1@\d+"?$/m, `    listen: 127.0.0.1@${this.port}`));
      await rm(database, { recursive: true });
    } else await writeFile(file, this.#configuration(), { mode: 0o600 });
    await runProgram('knotc', ['-C', database, '-m', '64', 'conf-import', file]);
  }

  #configuration(): string {
    const storage = this.file('storage');
    return [
      'server:',
      `    rundir: "${this.file('run')}"`,
      `    listen: 127.0.0.1@${this.port}`,
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
