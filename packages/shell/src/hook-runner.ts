import type { Candidate } from '@arpa2amqp/protocol';
import { usableCandidates } from './candidates.js';
import type { Shell } from './define-shell.js';
import type { Caller } from './definition.js';
import type { CompleteOptions, VariableQuestion } from './host.js';
import { logText } from './log-text.js';
import type { Logger } from './logger.js';
import { reasonOf } from './reason.js';
import { ShellError } from './shell-error.js';

/** Hooks that were given up and have not ended; with so many, something is wrong with them. */
export const MAX_UNANSWERED = 128;

/** Asks the completion hooks of a shell, in the process that holds it, each with a state of its own. */
export class HookRunner<State> {
  readonly #shell: Shell<State>;
  readonly #logger: Logger;
  #running = 0;

  constructor(shell: Shell<State>, logger: Logger) {
    this.#shell = shell;
    this.#logger = logger;
  }

  /** Resolves when the hook has ended, however late that is. Never rejects. */
  async ask(question: VariableQuestion, caller: Caller, signal: AbortSignal): Promise<readonly Candidate[]> {
    if (this.#running >= MAX_UNANSWERED) return [];
    this.#running += 1;
    try {
      return await this.#ask(question, caller, signal);
    } catch (error) {
      // A refusal is part of the day: what stands behind the shell may be down.
      if (!(error instanceof ShellError) && !signal.aborted) {
        const { name } = this.#shell;
        this.#logger.error(
          { shell: name, variable: question.variable, error: logText(reasonOf(error), 1000) },
          'hook-broke',
        );
      }
      return [];
    } finally {
      this.#running -= 1;
    }
  }

  async #ask(
    { variable, partial, values, literals }: VariableQuestion,
    caller: Caller,
    signal: AbortSignal,
  ): Promise<readonly Candidate[]> {
    const { definition } = this.#shell;
    const { complete = {} } = definition;
    const hook = Object.hasOwn(complete, variable) ? complete[variable] : undefined;
    if (hook === undefined) return [];
    const state = (await definition.openSession?.(caller)) as State;
    try {
      return usableCandidates(await hook({ partial, values, literals, caller, state, signal }), partial);
    } finally {
      await definition.closeSession?.(state);
    }
  }
}

/** Waits so long for candidates. Late, broken off or failed there are none. Never rejects. */
export async function candidatesInTime(
  ask: (signal: AbortSignal) => Promise<readonly Candidate[]>,
  { timeoutMs, signal: outer }: CompleteOptions,
): Promise<readonly Candidate[]> {
  if (outer?.aborted === true) return [];
  const controller = new AbortController();
  return await new Promise((resolve) => {
    const give = (candidates: readonly Candidate[]): void => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', late);
      resolve(candidates);
    };
    const late = (): void => {
      give([]);
      controller.abort();
    };
    const timer = setTimeout(late, timeoutMs).unref();
    outer?.addEventListener('abort', late, { once: true });
    ask(controller.signal).then(give, () => give([]));
  });
}
