import { connect, type Socket } from 'node:net';
import {
  AnswerDecoder,
  END_OF_CONVERSATION,
  encodeRequest,
  type ControlAnswer,
  type ControlFields,
  type ControlRequest,
} from './control-codec.js';
import { KnotError, unreachable } from './knot-error.js';

// One conversation on Knot's control socket. Hazards (measured on knotd 3.2.6):
// C1 knotd serves one conversation at a time; the kernel accepts others, and knotd runs what was written there when it comes to them,
//    also when the writer has left by then. So nothing that changes anything is sent before knotd has answered a harmless question.
// C2 An answer that did not come in time may still come. Answers are matched to questions in order, the late ones too.

/** One conversation: questions one after the other, each with its answer. */
export class ControlConversation {
  readonly #socket: Socket;
  readonly #path: string;
  readonly #decoder = new AnswerDecoder();
  readonly #owed: Owed[] = [];
  #broken: KnotError | null = null;

  private constructor(path: string) {
    this.#path = path;
    this.#socket = connect(path);
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#break(this.#describe(error)));
    this.#socket.on('close', () =>
      this.#break(new KnotError('lost', 'Talking to Knot failed: it closed the conversation')),
    );
  }

  /**
   * Opens a conversation; returns when knotd has turned to it (C1).
   * @param signal - ends the wait
   * @throws KnotError `unreachable`, `locked` (too many are waiting), `no-answer`, `lost` or `garbled`
   */
  static async open(path: string, signal: AbortSignal): Promise<ControlConversation> {
    const conversation = new ControlConversation(path);
    try {
      await conversation.ask({ cmd: 'status', type: 'version' }, signal);
      return conversation;
    } catch (error) {
      conversation.destroy();
      throw error;
    }
  }

  /** Whether more can be asked. */
  get isOpen(): boolean {
    return this.#broken === null;
  }

  /**
   * Asks one thing and returns the units of the answer; an `error` in them is the caller's to look at.
   * @throws KnotError `not-asked` when the signal was aborted before, `no-answer` when it comes before the answer: then
   * {@link ControlConversation.settle} may still get it
   * @throws KnotError `lost` or `garbled`: the conversation is over
   * @throws ControlFormatError when the request cannot be sent; the conversation goes on
   */
  async ask(request: ControlRequest, signal: AbortSignal): Promise<readonly ControlFields[]> {
    const bytes = encodeRequest(request);
    if (this.#broken !== null) throw this.#broken;
    if (signal.aborted) {
      throw new KnotError('not-asked', 'Talking to Knot failed: the time for it was over', { cause: signal.reason });
    }
    this.#owed.push(new Owed());
    this.#socket.write(bytes);
    return await this.settle(signal);
  }

  /** Waits for the answer to the last question; an empty one when it has come. @throws as {@link ControlConversation.ask} */
  async settle(signal: AbortSignal): Promise<readonly ControlFields[]> {
    const owed = this.#owed.at(-1);
    if (owed === undefined) return [];
    let give: (() => void) | undefined;
    const late = new Promise<never>((_, reject) => {
      give = () => reject(noAnswer(signal));
      if (signal.aborted) give();
      else signal.addEventListener('abort', give, { once: true });
    });
    try {
      return await Promise.race([owed.answer, late]);
    } finally {
      if (give !== undefined) signal.removeEventListener('abort', give);
    }
  }

  /** Ends the conversation in good order. Idempotent. */
  close(): void {
    if (this.#broken !== null) return;
    // knotd closes its end after END. One that still owes answers may be about to run what was asked last, an abort for
    // instance, and drops it when nobody is there to take the answer to what was asked before.
    const lingerMs = this.#owed.length === 0 ? CLOSING_MS : OWING_MS;
    this.#broken = new KnotError('lost', 'Talking to Knot failed: the conversation was closed');
    for (const owed of this.#owed.splice(0)) owed.reject(this.#broken);
    this.#socket.end(END_OF_CONVERSATION);
    this.#socket.unref();
    setTimeout(() => this.#socket.destroy(), lingerMs).unref();
  }

  /** Ends the conversation now. Idempotent. */
  destroy(): void {
    this.#break(new KnotError('lost', 'Talking to Knot failed: the conversation was closed'));
  }

  #receive(chunk: Buffer): void {
    if (this.#broken !== null) return;
    try {
      for (const answer of this.#decoder.push(chunk)) this.#take(answer);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      this.#break(new KnotError('garbled', `${words}; check that ${this.#path} is the control socket of knotd`));
    }
  }

  #take(answer: ControlAnswer): void {
    const owed = this.#owed.shift();
    if (owed === undefined && !answer.isLast)
      throw new Error('Talking to Knot failed: it answered without being asked');
    owed?.resolve(answer.units);
    if (answer.isLast) this.#break(new KnotError('lost', 'Talking to Knot failed: it ended the conversation'));
  }

  #describe(error: NodeJS.ErrnoException): KnotError {
    // The queue of the socket is full: that many others are waiting for their turn.
    if (error.code === 'EAGAIN') {
      return new KnotError('locked', 'Reaching Knot failed: too many others are waiting at its control socket');
    }
    if (error.syscall === 'connect') return unreachable(this.#path, error);
    return new KnotError('lost', `Talking to Knot failed: ${error.code ?? error.message}`, { cause: error });
  }

  #break(why: KnotError): void {
    this.#broken ??= why;
    for (const owed of this.#owed.splice(0)) owed.reject(why);
    this.#socket.destroy();
  }
}

const CLOSING_MS = 1000;
const OWING_MS = 30_000;

/** An answer to come. */
class Owed {
  readonly answer: Promise<readonly ControlFields[]>;
  #resolve: (units: readonly ControlFields[]) => void = () => undefined;
  #reject: (why: KnotError) => void = () => undefined;

  constructor() {
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Nobody may be waiting when the conversation breaks.
    this.answer.catch(() => undefined);
  }

  resolve(units: readonly ControlFields[]): void {
    this.#resolve(units);
  }

  reject(why: KnotError): void {
    this.#reject(why);
  }
}

function noAnswer(signal: AbortSignal): KnotError {
  return new KnotError(
    'no-answer',
    'Talking to Knot failed: it did not answer in time; it is busy, or another program holds its control socket',
    { cause: signal.reason },
  );
}
