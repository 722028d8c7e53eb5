import { quoted, type Candidate } from '@arpa2amqp/protocol';
import { backoffMs } from './backoff.js';
import { usableCandidates } from './candidates.js';
import { ChildLink, type ChildOptions, type SessionListener } from './child-link.js';
import type { Caller } from './definition.js';
import { candidatesInTime, MAX_UNANSWERED } from './hook-runner.js';
import type { CompleteOptions, VariableQuestion } from './host.js';
import { toWire, type ForSession } from './process-messages.js';
import { reasonOf } from './reason.js';

/** A process that does not answer for so long after a question was given up is stuck. */
const GRACE_MS = 500;
/** Nobody completes anything for so long: the process is not needed. */
const IDLE_MS = 5 * 60_000;

/**
 * A second process of a shell, for its completion hooks: one that hangs or holds the processor must not stop commands.
 * Life cycle: none -> starting (when it is asked, or expected to be) -> up -> none (idle, ended or killed), until closed.
 *
 * 1. What a question costs is bounded: its time, and the hooks that nobody waits for any longer; with too many the process goes.
 * 2. A process that ended is started again by the next question, but not at once when it fails again and again.
 */
export class Completer {
  readonly #child: ChildOptions;
  readonly #ended = new AbortController();
  #starting: Promise<ChildLink | undefined> | undefined;
  #link: ChildLink | undefined;
  #unanswered = 0;
  #failures = 0;
  #notBefore = 0;
  readonly #idle: NodeJS.Timeout;
  #closing: Promise<void> | undefined;

  constructor(child: ChildOptions) {
    this.#child = { ...child, place: { ...child.place, completesOnly: true }, ended: this.#ended.signal };
    this.#idle = setTimeout(() => this.#retire(), IDLE_MS).unref();
  }

  /** Starts the process, which takes longer than a question may. Returns at once. */
  warmUp(): void {
    void this.#connect();
  }

  /** Asks a hook. Never rejects. */
  async ask(caller: Caller, question: VariableQuestion, options: CompleteOptions): Promise<readonly Candidate[]> {
    this.#idle.refresh();
    return await candidatesInTime(async (stop) => {
      const link = await this.#connect();
      if (link === undefined || stop.aborted) return [];
      if (this.#unanswered >= MAX_UNANSWERED) {
        this.#child.logger.warn({ shell: this.#child.name, unanswered: this.#unanswered }, 'completer-stuck-killed');
        link.kill();
        return [];
      }
      return usableCandidates(await this.#put(link, caller, question, stop), question.partial);
    }, options);
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  destroy(): void {
    clearTimeout(this.#idle);
    this.#ended.abort();
    this.#link?.kill();
    void this.close();
  }

  async #close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#ended.abort();
    await this.#starting;
    await this.#link?.end(GRACE_MS);
  }

  /** Never rejects; undefined while there is no process to be had. */
  async #connect(): Promise<ChildLink | undefined> {
    if (this.#link !== undefined) return this.#link;
    if (this.#closing !== undefined || Date.now() < this.#notBefore) return undefined;
    this.#starting ??= this.#start();
    return await this.#starting;
  }

  async #start(): Promise<ChildLink | undefined> {
    try {
      const { link } = await ChildLink.start(this.#child);
      this.#link = link;
      void link.gone.then((how) => {
        if (this.#link === link) this.#fail(how);
        this.#link = undefined;
      });
      return link;
    } catch (error) {
      this.#fail(reasonOf(error));
      return undefined;
    } finally {
      this.#starting = undefined;
    }
  }

  /** A process that ended by itself or had to be killed is not started again at once (2). */
  #fail(reason: string): void {
    if (this.#closing !== undefined) return;
    const pauseMs = backoffMs(this.#failures);
    this.#failures += 1;
    this.#notBefore = Date.now() + pauseMs;
    this.#child.logger.error({ shell: this.#child.name, reason: quoted(reason, 300), pauseMs }, 'completer-down');
  }

  #retire(): void {
    const link = this.#link;
    this.#link = undefined;
    void link?.end(GRACE_MS);
  }

  async #put(
    link: ChildLink,
    caller: Caller,
    question: VariableQuestion,
    stop: AbortSignal,
  ): Promise<readonly Candidate[]> {
    this.#unanswered += 1;
    return await new Promise((resolve) => {
      const listener = new QuestionListener((candidates) => {
        link.detach(session);
        this.#unanswered -= 1;
        if (candidates !== undefined) this.#failures = 0;
        resolve(candidates ?? []);
      });
      const session = link.attach(listener);
      const giveUp = (): void => {
        if (listener.isAnswered) return;
        link.send({ type: 'give-up', session });
        void link.checkAlive(GRACE_MS);
      };
      stop.addEventListener('abort', giveUp, { once: true });
      link.send({ type: 'complete', session, caller: toWire(caller), question });
    });
  }
}

/** Waits for the one answer to a question; undefined when the process ends first. */
class QuestionListener implements SessionListener {
  readonly #give: (candidates: readonly Candidate[] | undefined) => void;
  isAnswered = false;

  constructor(give: (candidates: readonly Candidate[] | undefined) => void) {
    this.#give = give;
  }

  onMessage(message: ForSession): void {
    if (message.type === 'candidates') this.#end(message.candidates);
  }

  onGone(): void {
    this.#end(undefined);
  }

  #end(candidates: readonly Candidate[] | undefined): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.#give(candidates);
  }
}
