import { randomUUID } from 'node:crypto';
import { openRequester, type AmqpMessage, type Outcome, type Requester } from '@arpa2amqp/amqp';
import { decodeErrorFrame, type Reply } from '@arpa2amqp/protocol';
import { decodeFrame, InitiatorSession } from '@arpa2amqp/session';
import { waitUntil } from '@arpa2amqp/testkit';
import { ADDRESS } from './bus-world.js';

/** The answer to a batch, or the array of replies where there was no batch to be read. */
export interface HandAnswer {
  readonly outcome: Outcome;
  readonly re: unknown;
  readonly replies: readonly Reply[];
}

/** A peer with a ticket that seals and sends by hand what the client library refuses to. */
export class HandPeer implements AsyncDisposable {
  readonly #requester: Requester;
  readonly #session: InitiatorSession;
  readonly #answers: Map<string, AmqpMessage>;

  private constructor(requester: Requester, session: InitiatorSession, answers: Map<string, AmqpMessage>) {
    this.#requester = requester;
    this.#session = session;
    this.#answers = answers;
  }

  static async open(url: string, options: { readonly ccache: string; readonly host?: string }): Promise<HandPeer> {
    const { ccache, host = 'reservoir.arpa2.test' } = options;
    const answers = new Map<string, AmqpMessage>();
    const onReply = (message: AmqpMessage): void => {
      answers.set(message.correlationId ?? '', { ...message, body: Buffer.from(message.body) });
    };
    const session = new InitiatorSession({ target: { service: 'arpa2amqp', host }, ccache: `FILE:${ccache}` });
    return new HandPeer(await openRequester({ url, onReply }), session, answers);
  }

  get replyTo(): string {
    return this.#requester.replyTo;
  }

  /** How many messages came back so far that nobody has asked for. */
  get unread(): number {
    return this.#answers.size;
  }

  /** A batch that the daemon runs, changed as told. */
  batch(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    return {
      id: randomUUID(),
      to: ADDRESS,
      replyTo: this.replyTo,
      issued: new Date().toISOString(),
      expires: new Date(Date.now() + 60_000).toISOString(),
      commands: [{ do_: 'bus ping6' }],
      ...changes,
    };
  }

  /** Seals whatever it is given, in the context at hand. */
  async seal(plaintext: string | Buffer): Promise<Buffer> {
    const exchange = async (): Promise<Buffer> =>
      await Promise.reject(new Error('No message of a set-up was expected'));
    return (await this.#session.seal(Buffer.from(plaintext), { exchange })).body;
  }

  /** Seals in a new context: the message has the token. */
  async sealFirst(plaintext: string | Buffer): Promise<Buffer> {
    this.#session.renew(decodeFrame(await this.seal('')).contextId);
    return await this.seal(plaintext);
  }

  /** Sends a body as it is. @returns what the daemon said, and how to get its answer */
  async send(
    body: Buffer,
    options: { readonly isOneWay?: boolean } = {},
  ): Promise<{ outcome: Outcome; answer: () => Promise<AmqpMessage> }> {
    const messageId = randomUUID();
    const message = { ...(options.isOneWay === true ? {} : { replyTo: this.replyTo }), messageId, body };
    const outcome = await this.#requester.send(ADDRESS, message, { signal: AbortSignal.timeout(10_000) });
    const answer = async (): Promise<AmqpMessage> => {
      const found = await waitUntil(() => this.#answers.get(messageId), { what: 'an answer' });
      this.#answers.delete(messageId);
      return found;
    };
    return { outcome, answer };
  }

  /** Seals and sends, and opens the answer. */
  async ask(plaintext: string | Buffer): Promise<HandAnswer> {
    return await this.askSealed(await this.seal(plaintext));
  }

  /** Sends a sealed message and opens the answer. */
  async askSealed(body: Buffer): Promise<HandAnswer> {
    const { outcome, answer } = await this.send(body);
    const opened = await this.#session.open((await answer()).body);
    if (opened.kind !== 'payload') throw new Error(`The answer is of kind ${opened.kind}`);
    const json = JSON.parse(opened.plaintext.toString()) as Reply[] | { re: unknown; replies: Reply[] };
    return Array.isArray(json) ? { outcome, re: null, replies: json } : { outcome, ...json };
  }

  /** Sends what is to be refused. @returns the reason of the outcome and that of the error frame */
  async sendRefused(body: Buffer): Promise<{ outcome: string; frame: string | null }> {
    const { outcome, answer } = await this.send(body);
    const frame = decodeFrame((await answer()).body);
    return { outcome: described(outcome), frame: frame.kind === 'error' ? decodeErrorFrame(frame.payload) : null };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#requester.destroy();
    await this.#session.close();
  }
}

/** An outcome in one line. */
export function described(outcome: Outcome): string {
  return outcome.kind === 'rejected' ? `${outcome.condition} ${outcome.description}` : outcome.kind;
}
