import { isUtf8 } from 'node:buffer';
import type { ClientMechanism, ServerMechanism, ServerSasl, ServerStep } from './sasl.js';

/** PLAIN of RFC 4616, client side. */
export class PlainClient implements ClientMechanism {
  readonly #response: Buffer;

  constructor(username: string, password: string) {
    this.#response = Buffer.from(`\0${username}\0${password}`, 'utf8');
  }

  start(): Promise<Buffer> {
    return Promise.resolve(this.#response);
  }

  step(): Promise<Buffer> {
    return Promise.reject(new Error('PLAIN has no challenges'));
  }
}

/** PLAIN of RFC 4616, server side. Acting for another identity than one's own is refused. */
export class PlainServer implements ServerMechanism {
  readonly #rules: Pick<ServerSasl, 'plain'>;

  constructor(rules: Pick<ServerSasl, 'plain'>) {
    this.#rules = rules;
  }

  async step(response: Buffer): Promise<ServerStep> {
    const parts = isUtf8(response) ? response.toString('utf8').split('\0') : [];
    const [authzid, username, password] = parts;
    if (parts.length !== 3 || authzid === undefined || !username || password === undefined) {
      return { kind: 'refused', reason: 'malformed PLAIN response' };
    }
    if (authzid !== '' && authzid !== username) return { kind: 'refused', reason: 'foreign authorization identity' };
    const isRight = (await this.#rules.plain?.(username, password)) === true;
    return isRight ? { kind: 'accepted', identity: username } : { kind: 'refused', reason: 'wrong name or password' };
  }
}
