import type { Caller, HiddenForms, ShellHost, ShownCommand } from '@arpa2amqp/shell';
import { commandFilter, type Authorizer } from './authorizer.js';
import type { ShellRegistry } from './shell-registry.js';

/** The shells of the host as far as one caller may see them. */
export class VisibleShells {
  readonly #shells: ShellRegistry;
  readonly #authorizer: Authorizer;
  readonly #caller: Caller;

  constructor(shells: ShellRegistry, authorizer: Authorizer, caller: Caller) {
    this.#shells = shells;
    this.#authorizer = authorizer;
    this.#caller = caller;
  }

  /** Those with a command that is shown; the built-in ones do not count. */
  async hosts(): Promise<readonly ShellHost[]> {
    const hosts = this.#shells.names.flatMap((name) => this.#shells.find(name) ?? []);
    const shown = await Promise.all(
      hosts.map(async (host) => (await this.commandsOf(host)).some(({ command }) => command.builtin !== true)),
    );
    return hosts.filter((_host, index) => shown[index]);
  }

  /** The commands of a shell, or some of them by their index, without the forms that are not shown. */
  async commandsOf(host: ShellHost, only?: readonly number[]): Promise<readonly ShownCommand[]> {
    const indexes = only ?? [...host.description.commands.keys()];
    const answers = await this.#hiddenOf(host, indexes);
    return indexes.flatMap((index, at) => {
      const hidden = answers[at] ?? null;
      return hidden === null ? [] : (host.table.shown(index, hidden) ?? []);
    });
  }

  /** What is not shown of the commands of a shell. */
  async hiddenOf(host: ShellHost): Promise<HiddenForms> {
    return await this.#hiddenOf(host, [...host.description.commands.keys()]);
  }

  async #hiddenOf({ name, description }: ShellHost, indexes: readonly number[]): Promise<HiddenForms> {
    const filter = commandFilter(this.#authorizer, this.#caller, name);
    return await filter(indexes.flatMap((index) => description.commands[index] ?? []));
  }
}
