import type { ClientMechanism, ServerMechanism, ServerStep } from './sasl.js';

/** ANONYMOUS (RFC 4505) and EXTERNAL (RFC 4422, appendix A) of a client: nothing to say. */
export class SilentClient implements ClientMechanism {
  start(): Promise<Buffer> {
    return Promise.resolve(Buffer.alloc(0));
  }

  step(): Promise<Buffer> {
    return Promise.resolve(Buffer.alloc(0));
  }
}

/** ANONYMOUS of a server. The trace the client may give is not looked at. */
export class AnonymousServer implements ServerMechanism {
  step(): Promise<ServerStep> {
    return Promise.resolve({ kind: 'accepted', identity: null });
  }
}

/** EXTERNAL of a server: the identity is the one TLS proved. */
export class ExternalServer implements ServerMechanism {
  readonly #identity: string;

  constructor(identity: string) {
    this.#identity = identity;
  }

  step(response: Buffer): Promise<ServerStep> {
    const asked = response.toString('utf8');
    if (asked !== '' && asked !== this.#identity) {
      return Promise.resolve({ kind: 'refused', reason: 'foreign authorization identity' });
    }
    return Promise.resolve({ kind: 'accepted', identity: this.#identity });
  }
}
