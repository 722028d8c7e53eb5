/**
 * GSSAPI of RFC 4752, both sides, without a security layer: TLS protects the connection where it must be protected,
 * and every message has its own protection.
 */
import type { ClientMechanism, GssapiSaslContext, ServerMechanism, ServerSasl, ServerStep } from './sasl.js';

/** RFC 4752, 3.3: bit mask of the layers, then three bytes of size, 0 as no layer follows. */
const NO_LAYER = 1;
const LAYERS = Buffer.from([NO_LAYER, 0, 0, 0]);
const EMPTY = Buffer.alloc(0);

export class GssapiClient implements ClientMechanism {
  readonly #context: GssapiSaslContext;
  #isComplete = false;

  constructor(context: GssapiSaslContext) {
    this.#context = context;
  }

  async start(): Promise<Buffer | null> {
    const { token, complete } = await this.#context.step();
    this.#isComplete = complete;
    return token;
  }

  async step(challenge: Buffer): Promise<Buffer> {
    if (!this.#isComplete) {
      const { token, complete } = await this.#context.step(challenge);
      this.#isComplete = complete;
      return token ?? EMPTY;
    }
    const offer = await this.#context.unwrap(challenge);
    if (offer.length !== 4 || (offer.readUInt8(0) & NO_LAYER) === 0) {
      throw new Error('The server insists on a GSSAPI security layer, which AMQP cannot carry');
    }
    return await this.#context.wrap(LAYERS);
  }

  dispose(): void {
    this.#context.dispose?.();
  }
}

export class GssapiServer implements ServerMechanism {
  readonly #context: GssapiSaslContext;
  readonly #rules: NonNullable<ServerSasl['gssapi']>;
  #stage: 'context' | 'empty' | 'layer' = 'context';

  constructor(context: GssapiSaslContext, rules: NonNullable<ServerSasl['gssapi']>) {
    this.#context = context;
    this.#rules = rules;
  }

  async step(response: Buffer): Promise<ServerStep> {
    switch (this.#stage) {
      case 'context':
        return await this.#establish(response);
      case 'empty':
        if (response.length > 0) return { kind: 'refused', reason: 'data after context set-up' };
        return await this.#offerLayers();
      case 'layer':
        return await this.#choose(response);
    }
  }

  dispose(): void {
    this.#context.dispose?.();
  }

  async #establish(response: Buffer): Promise<ServerStep> {
    // The initial response may be left out (RFC 4422, 3.3): ask for it.
    if (response.length === 0) return { kind: 'challenge', challenge: EMPTY };
    let leg;
    try {
      leg = await this.#context.step(response);
    } catch (error) {
      return { kind: 'refused', reason: `context set-up failed: ${(error as Error).message}` };
    }
    if (!leg.complete) return { kind: 'challenge', challenge: leg.token ?? EMPTY };
    if (leg.token === null || leg.token.length === 0) return await this.#offerLayers();
    this.#stage = 'empty';
    return { kind: 'challenge', challenge: leg.token };
  }

  async #offerLayers(): Promise<ServerStep> {
    this.#stage = 'layer';
    return { kind: 'challenge', challenge: await this.#context.wrap(LAYERS) };
  }

  async #choose(response: Buffer): Promise<ServerStep> {
    let choice: Buffer;
    try {
      choice = await this.#context.unwrap(response);
    } catch {
      return { kind: 'refused', reason: 'the choice of a layer is not genuine' };
    }
    if (choice.length < 4 || choice.readUInt8(0) !== NO_LAYER) return { kind: 'refused', reason: 'a layer was chosen' };
    const name = this.#context.initiatorName;
    const asked = choice.subarray(4).toString('utf8');
    if (asked !== '' && asked !== name) return { kind: 'refused', reason: 'foreign authorization identity' };
    if ((await this.#rules.authorize?.(name)) === false) return { kind: 'refused', reason: 'not authorized' };
    return { kind: 'accepted', identity: name };
  }
}
