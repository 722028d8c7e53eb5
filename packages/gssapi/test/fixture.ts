import { Realm } from '@arpa2amqp/testkit';
import { Credential, Name, SecurityContext } from '@arpa2amqp/gssapi';
import type { InitiateOptions } from '@arpa2amqp/gssapi';

export const HOST = 'reservoir.arpa2.test';
export const SERVICE = `arpa2amqp/${HOST}`;

/** Both ends of a context. */
export interface Pair {
  readonly initiator: SecurityContext;
  readonly acceptor: SecurityContext;
  /** The initiator's first token. */
  readonly first: Buffer;
}

/** A realm that this process lives in, with a client's and a service's credential. */
export class Fixture {
  readonly realm: Realm;
  readonly target: Name;
  readonly client: Credential;
  /** Without replay cache, as for framed messages. */
  readonly service: Credential;

  private constructor(realm: Realm, target: Name, client: Credential, service: Credential) {
    this.realm = realm;
    this.target = target;
    this.client = client;
    this.service = service;
  }

  static async create(): Promise<Fixture> {
    const realm = await Realm.create({ users: ['demo'], services: [SERVICE, `other/${HOST}`] });
    realm.enter();
    const ccache = await realm.ticket('demo');
    return new Fixture(
      realm,
      Name.service('arpa2amqp', HOST),
      await Credential.acquire({ usage: 'initiate', store: { ccache } }),
      await Credential.acquire({ usage: 'accept', store: { keytab: realm.keytab(SERVICE), rcache: 'none:' } }),
    );
  }

  async close(): Promise<void> {
    this.client.dispose();
    this.service.dispose();
    this.target.dispose();
    await this.realm.close();
  }

  initiate(options: Partial<InitiateOptions> = {}): SecurityContext {
    return SecurityContext.initiate({ target: this.target, credential: this.client, ...options });
  }

  accept(credential = this.service): SecurityContext {
    return SecurityContext.accept({ credential });
  }

  /** A complete context, with as many legs as it takes. */
  async pair(options: Partial<InitiateOptions> = {}, credential = this.service): Promise<Pair> {
    const initiator = this.initiate(options);
    const acceptor = this.accept(credential);
    const first = (await initiator.step()).token ?? Buffer.alloc(0);
    let answer = await acceptor.step(first);
    while (!initiator.complete && answer.token !== null) {
      const next = await initiator.step(answer.token);
      if (next.token === null) break;
      answer = await acceptor.step(next.token);
    }
    return { initiator, acceptor, first };
  }

  /** Runs a body with a context and disposes it. */
  async withPair(body: (pair: Pair) => Promise<void>, options: Partial<InitiateOptions> = {}): Promise<void> {
    const pair = await this.pair(options);
    try {
      await body(pair);
    } finally {
      pair.initiator.dispose();
      pair.acceptor.dispose();
    }
  }
}
