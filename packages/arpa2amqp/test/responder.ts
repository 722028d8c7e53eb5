import { AmqpError, serve, type AmqpMessage, type Incoming, type Service } from '@arpa2amqp/amqp';
import {
  DEFAULT_LIMITS,
  batchOf,
  encodeReplies,
  parseAddress,
  readBatchJson,
  serviceOf,
  type Batch,
  type FrameErrorReason,
  type Reply,
} from '@arpa2amqp/protocol';
import { AcceptorTable, errorFrame, type OpenedPayload } from '@arpa2amqp/session';

export const HOST = '/internetwide/arpa2.test/reservoir';
export const SERVICE = 'arpa2amqp/reservoir.arpa2.test';

/** A batch that has arrived, and every way to treat it, good and bad. */
export class Arrival {
  readonly incoming: Incoming;
  readonly opened: OpenedPayload;
  readonly batch: Batch;

  constructor(incoming: Incoming, opened: OpenedPayload) {
    this.incoming = incoming;
    this.opened = opened;
    this.batch = batchOf(readBatchJson(opened.plaintext, DEFAULT_LIMITS), DEFAULT_LIMITS, () => ({
      id: opened.digest,
      nowMs: Date.now(),
    }));
  }

  /** What an honest host answers: one reply per command. */
  replies(): Reply[] {
    return this.batch.commands.map((command) => {
      const { do_ } = command as { do_: string };
      return do_.endsWith('fail') ? { stderr_: 'it failed\n', error_: { code: 'failed' } } : { stdout_: do_ };
    });
  }

  /** Answers in the name of the host; what is named here differs from the honest answer. */
  async answer(lies: { re?: string; from?: string; replies?: Reply[] } = {}): Promise<void> {
    const document = { re: this.batch.id, from: HOST, replies: this.replies(), ...lies };
    const isBare = this.opened.style === 'raw';
    await this.answerBytes(await this.opened.seal(encodeReplies(document, isBare)));
  }

  /** Answers with bytes that anybody on the way could have made. */
  async answerBytes(body: Buffer): Promise<void> {
    const { messageId, correlationId } = this.incoming.message;
    const answer: AmqpMessage = { body, correlationId: correlationId ?? messageId ?? '' };
    await this.incoming.answer(answer);
  }

  async hint(reason: FrameErrorReason): Promise<void> {
    await this.answerBytes(errorFrame(reason, this.opened.contextId));
  }

  accept(): void {
    this.incoming.accept();
    this.finish();
  }

  finish(): void {
    this.opened.release();
    this.incoming.done();
  }
}

export type Behaviour = (arrival: Arrival) => void | Promise<void>;

/** Answers and accepts, as a daemon does, and never runs a batch twice. */
export const honest: Behaviour = async (arrival) => {
  if (arrival.batch.replyTo !== undefined) await arrival.answer();
  arrival.accept();
};

/** A host made of the real listener and the real table of contexts, whose behaviour a test chooses. */
export class Responder {
  readonly arrivals: Arrival[] = [];
  behaviour: Behaviour = honest;
  readonly #keytab: string;
  #table!: AcceptorTable;
  #service: Service | null = null;
  #url = 'amqp://127.0.0.1:0';

  private constructor(keytab: string) {
    this.#keytab = keytab;
  }

  static async start(keytab: string): Promise<Responder> {
    const responder = new Responder(keytab);
    await responder.forgetContexts();
    await responder.listen();
    return responder;
  }

  get url(): string {
    return this.#url;
  }

  get contexts(): number {
    return this.#table.size;
  }

  /** Ids of the batches that arrived, without repeats. */
  get batchIds(): Set<string> {
    return new Set(this.arrivals.map(({ batch }) => batch.id));
  }

  /** As a daemon that was restarted: the contexts are gone. */
  async forgetContexts(): Promise<void> {
    const service = serviceOf(parseAddress(HOST));
    this.#table = await AcceptorTable.create({ service, keytab: this.#keytab, limits: DEFAULT_LIMITS });
  }

  /** Listens, on the port it had. */
  async listen(): Promise<void> {
    this.#service = await serve({
      address: HOST,
      at: { listen: this.#url },
      slots: 64,
      maxMessageBytes: DEFAULT_LIMITS.maxMessageBytes,
      onDelivery: (incoming) => {
        this.#take(incoming).catch((error: unknown) => {
          // A connection that a test has cut takes its answers with it.
          if (!(error instanceof AmqpError)) throw error;
        });
      },
    });
    this.#url = this.#service.url;
  }

  /** Cuts every connection. */
  async stop(): Promise<void> {
    this.#service?.destroy();
    await this.#service?.close();
    this.#service = null;
  }

  async close(): Promise<void> {
    await this.stop();
    this.#table.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #take(incoming: Incoming): Promise<void> {
    const { message } = incoming;
    const opened = await this.#table.open(message.body, message);
    if (opened.kind === 'payload') {
      const arrival = new Arrival(incoming, opened);
      this.arrivals.push(arrival);
      await this.behaviour(arrival);
      return;
    }
    if (opened.answer !== null && message.replyTo !== undefined) {
      const correlationId = message.correlationId ?? message.messageId ?? '';
      await incoming.answer({
        body: opened.answer,
        correlationId,
        ...(opened.kind === 'leg' ? { replyTo: HOST } : {}),
      });
    }
    if (opened.kind === 'leg') incoming.accept();
    else incoming.reject('amqp:unauthorized-access', opened.reason);
    incoming.done();
  }
}
