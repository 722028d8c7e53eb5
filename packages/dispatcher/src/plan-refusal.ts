import { errorReply, type BusError, type Reply, type ReplyCode } from '@arpa2amqp/protocol';
import type { HiddenForms, ShellHost } from '@arpa2amqp/shell';
import { failureOf, planIn, unknownShell, type PlanFailure } from './plan.js';
import type { ShellRegistry } from './shell-registry.js';
import type { VisibleShells } from './visible-shells.js';

/** Says what is wrong with commands, and tells nothing of the commands and forms that the caller may not see. */
export class PlanRefusal {
  readonly #shells: ShellRegistry;
  readonly #visible: VisibleShells;
  readonly #hidden = new Map<ShellHost, HiddenForms>();
  #names: readonly string[] | null = null;

  constructor(shells: ShellRegistry, visible: VisibleShells) {
    this.#shells = shells;
    this.#visible = visible;
  }

  /**
   * A reply for each command of a batch of which nothing runs.
   *
   * @param count - of the commands
   * @param failures - of some of them
   */
  async replies(count: number, failures: ReadonlyMap<number, PlanFailure>): Promise<readonly Reply[]> {
    const first = [...failures.keys()][0] ?? 0;
    const replies: Reply[] = [];
    for (let index = 0; index < count; index += 1) {
      const failure = failures.get(index);
      if (failure === undefined) {
        replies.push(errorReply('not-run', `Not run, because command ${first + 1} of the batch has an error\n`));
      } else {
        const { code, message, at } = await this.#errorOf(failure);
        replies.push(errorReply(code as ReplyCode, `${message}\n`, at));
      }
    }
    return replies;
  }

  async #errorOf({ error, decoded }: PlanFailure): Promise<BusError> {
    if (decoded === null) return error;
    const host = this.#shells.find(decoded.shell);
    if (host === undefined) {
      this.#names ??= (await this.#visible.hosts()).map(({ name }) => name);
      return unknownShell(decoded.shell, this.#names);
    }
    const hidden = this.#hidden.get(host) ?? (await this.#visible.hiddenOf(host));
    this.#hidden.set(host, hidden);
    const plan = planIn(host, decoded, hidden);
    return plan.ok ? error : failureOf(plan);
  }
}
