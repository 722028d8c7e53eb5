import { quoted } from '@arpa2amqp/protocol';
import type { ControlFields, ControlRequest } from './control-codec.js';
import { ControlConversation } from './control-connection.js';
import { KnotError, refusal } from './knot-error.js';

// A transaction of Knot belongs to the server, not to the conversation: who leaves without ending it leaves the zone locked.
// Invariants:
// T1 Only what this transaction began is aborted: zone-abort and conf-abort end a foreign transaction just as well.
// T2 Every zone command names its zone; without one Knot takes all zones.
// T3 A commit whose answer is late counts by that answer; one without an answer is reported as of unknown outcome.
// T4 Undo steps run when something fails after the commit that they reverse.

/** What a transaction can hold: the configuration, or one zone by its absolute name. */
export type Lock = 'conf' | { readonly zone: string };

type Undo = (ask: (request: ControlRequest) => Promise<readonly ControlFields[]>) => Promise<void>;

/** An answer, with the problem when it was late; or none with the reason. */
type Patience =
  | { readonly units: readonly ControlFields[]; readonly problem: KnotError | null }
  | { readonly units: null; readonly problem: KnotError };

/** Milliseconds that a clean-up may take after the deadline. */
const GRACE_MS = 2000;

/** The text of the first failed unit of an answer, if any. */
export function failureOf(units: readonly ControlFields[]): string | undefined {
  return units.find((unit) => unit.error !== undefined)?.error;
}

/** Changes over one conversation that are committed or given up together, as far as Knot allows. */
export class Transaction {
  readonly #socketPath: string;
  readonly #signal: AbortSignal;
  readonly #held: Lock[] = [];
  readonly #undo: Undo[] = [];
  #conversation: ControlConversation;

  constructor(conversation: ControlConversation, socketPath: string, signal: AbortSignal) {
    this.#conversation = conversation;
    this.#socketPath = socketPath;
    this.#signal = signal;
  }

  /** Asks one thing and returns the answer with whatever error is in it. @throws KnotError when there is no answer */
  async ask(request: ControlRequest): Promise<readonly ControlFields[]> {
    return await this.#conversation.ask(request, this.#signal);
  }

  /** Asks one thing. @throws KnotError `refused` when Knot says no to the action */
  async demand(action: string, request: ControlRequest): Promise<readonly ControlFields[]> {
    const units = await this.ask(request);
    const failure = failureOf(units);
    if (failure !== undefined) throw refusal(action, failure);
    return units;
  }

  /** Opens the configuration or a zone for changes. @throws KnotError `locked` when somebody else has */
  async begin(lock: Lock): Promise<void> {
    const { units, problem } = await this.#askPatiently(requestOf('begin', lock));
    if (units === null) throw problem.extended(hintOf(lock));
    const failure = failureOf(units);
    if (failure === 'too many transactions') throw lockedBy(lock);
    if (failure !== undefined) throw refusal(`Opening ${nameOf(lock)}`, failure);
    this.#held.push(lock);
    if (problem !== null) throw problem;
  }

  /**
   * Makes the changes last.
   * @param undo - reverses them, should a later step fail
   * @throws KnotError `unknown-outcome` when no answer comes (T3)
   */
  async commit(lock: Lock, undo?: Undo): Promise<void> {
    const { units, problem } = await this.#askPatiently(requestOf('commit', lock));
    if (units === null) {
      this.#forget(lock);
      throw new KnotError(
        'unknown-outcome',
        `Talking to Knot failed while it committed ${nameOf(lock)}: whether the change was made is not known, look before trying again`,
        { cause: problem },
      );
    }
    const failure = failureOf(units);
    if (failure !== undefined) throw refusal(`Committing ${nameOf(lock)}`, explained(failure));
    this.#forget(lock);
    if (undo !== undefined) this.#undo.push(undo);
  }

  /** Gives up the changes of one lock and opens it to others. */
  async release(lock: Lock): Promise<void> {
    await this.demand(`Releasing ${nameOf(lock)}`, requestOf('abort', lock));
    this.#forget(lock);
  }

  /**
   * Gives up whatever is open and reverses what was committed (T4). Takes at most 2 s, also after the deadline.
   * @returns what could not be cleaned up, in words, one a problem
   */
  async rollBack(): Promise<readonly string[]> {
    const grace = AbortSignal.timeout(GRACE_MS);
    const problems: string[] = [];
    for (const lock of this.#held.splice(0).reverse()) {
      await this.#tryToEnd(lock, grace, problems);
    }
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo(async (request) => await (await this.#reopened(grace)).ask(request, grace));
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
    }
    return problems;
  }

  /** Ends the conversation. */
  close(): void {
    this.#conversation.close();
  }

  async #tryToEnd(lock: Lock, grace: AbortSignal, problems: string[]): Promise<void> {
    try {
      await (await this.#reopened(grace)).ask(requestOf('abort', lock), grace);
    } catch (error) {
      // A server that is gone has forgotten its transactions.
      if (error instanceof KnotError && error.reason === 'unreachable') return;
      problems.push(hintOf(lock));
    }
  }

  /** The conversation, or a new one where knotd has ended it. */
  async #reopened(signal: AbortSignal): Promise<ControlConversation> {
    if (!this.#conversation.isOpen) this.#conversation = await ControlConversation.open(this.#socketPath, signal);
    return this.#conversation;
  }

  /** Asks; when the deadline passes, waits a little longer, because only the answer tells what is open now. */
  async #askPatiently(request: ControlRequest): Promise<Patience> {
    try {
      return { units: await this.ask(request), problem: null };
    } catch (error) {
      if (!(error instanceof KnotError) || error.reason === 'not-asked') throw error;
      if (error.reason !== 'no-answer') return { units: null, problem: error };
      try {
        return { units: await this.#conversation.settle(AbortSignal.timeout(GRACE_MS)), problem: error };
      } catch {
        return { units: null, problem: error };
      }
    }
  }

  #forget(lock: Lock): void {
    const index = this.#held.findIndex((held) => nameOf(held) === nameOf(lock));
    if (index >= 0) this.#held.splice(index, 1);
  }
}

function requestOf(step: 'begin' | 'commit' | 'abort', lock: Lock): ControlRequest {
  return lock === 'conf' ? { cmd: `conf-${step}` } : { cmd: `zone-${step}`, zone: lock.zone };
}

function nameOf(lock: Lock): string {
  return lock === 'conf' ? 'the configuration' : `zone ${quoted(lock.zone)}`;
}

function hintOf(lock: Lock): string {
  const command = lock === 'conf' ? 'conf-abort' : `zone-abort ${lock.zone}`;
  return `${nameOf(lock)} may be left locked on the server, release it there with "knotc ${command}"`;
}

function lockedBy(lock: Lock): KnotError {
  const command = lock === 'conf' ? 'conf-abort' : `zone-abort ${lock.zone}`;
  return new KnotError(
    'locked',
    `Opening ${nameOf(lock)} failed: somebody else has a transaction on it; try again later, or if it was forgotten end it on the server with "knotc ${command}"`,
  );
}

function explained(failure: string): string {
  return failure === 'semantic check'
    ? 'semantic check: the records contradict each other, such as a CNAME beside others'
    : failure;
}
