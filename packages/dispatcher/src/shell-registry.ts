import type { ShellHost } from '@arpa2amqp/shell';

/** The shells of a host by name. The registry owns their hosts. */
export class ShellRegistry implements AsyncDisposable {
  readonly #shells = new Map<string, ShellHost>();

  /**
   * Adds a shell.
   *
   * @throws TypeError when a shell of that name is there already
   */
  add(host: ShellHost): void {
    if (this.#shells.has(host.name)) throw new TypeError(`Shell "${host.name}" is there already`);
    this.#shells.set(host.name, host);
  }

  /** The shell of that name. */
  find(name: string): ShellHost | undefined {
    return this.#shells.get(name);
  }

  /** The names of all shells. */
  get names(): readonly string[] {
    return [...this.#shells.keys()];
  }

  /** Closes all hosts when their sessions have ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#shells.values()].map(async (host) => await host.close()));
  }

  /** Ends all hosts now. */
  destroy(): void {
    for (const host of this.#shells.values()) host.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
