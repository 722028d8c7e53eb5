import { randomUUID } from 'node:crypto';
import { openRequester, type Requester } from '@arpa2amqp/amqp';
import { Credential, Name, SecurityContext } from '@arpa2amqp/gssapi';
import { parseAddress, serviceOf } from '@arpa2amqp/protocol';
import { InitiatorSession } from '@arpa2amqp/session';
import { ADDRESS, Bus } from './bus.js';
import { inTurns, measure, WARM_UP_MS } from './load.js';
import { report, say } from './report.js';

const target = serviceOf(parseAddress(ADDRESS));
const IN_FLIGHT = 32;
const ROUNDS = 5;
const ROUND_MS = 2000;
const LIVE_CONTEXTS = 10_000;
/** A principal may have a tenth of all contexts. */
const USERS = Array.from({ length: 10 }, (_item, index) => `user${index}`) as [string, ...string[]];

/** Sends batches of one command, each in a security context of its own. */
class FirstMessages implements AsyncDisposable {
  readonly #requester: Requester;
  readonly #waiting: Map<string, (body: Buffer) => void>;

  private constructor(requester: Requester, waiting: Map<string, (body: Buffer) => void>) {
    this.#requester = requester;
    this.#waiting = waiting;
  }

  static async open(url: string): Promise<FirstMessages> {
    const waiting = new Map<string, (body: Buffer) => void>();
    const requester = await openRequester({
      url,
      connectTimeoutMs: 10_000,
      maxMessageBytes: 1024 * 1024,
      onReply: ({ correlationId = '', body }) => waiting.get(correlationId)?.(body),
    });
    return new FirstMessages(requester, waiting);
  }

  /**
   * One batch from a new context, whose answer is opened: that proves the host.
   *
   * @param ccache - whose ticket is used; the default cache's unless told
   */
  async roundTrip(ccache?: string): Promise<void> {
    await using session = new InitiatorSession({ target, ...(ccache === undefined ? {} : { ccache }) });
    const { replyTo } = this.#requester;
    const issued = Date.now();
    const batch = {
      id: randomUUID(),
      to: ADDRESS,
      replyTo,
      issued: new Date(issued).toISOString(),
      expires: new Date(issued + 60_000).toISOString(),
      commands: [{ do_: 'arpa2dns ping6' }],
    };
    const exchange = (): Promise<Buffer> => Promise.reject(new Error('The first message needs no exchange'));
    const { body } = await session.seal(Buffer.from(JSON.stringify(batch)), { exchange });
    const messageId = randomUUID();
    const answered = new Promise<Buffer>((resolve) => this.#waiting.set(messageId, resolve));
    await this.#requester.send(ADDRESS, { messageId, replyTo, body }, {});
    const answer = await session.open(await answered);
    this.#waiting.delete(messageId);
    if (answer.kind !== 'payload') throw new Error(`The daemon answered with ${JSON.stringify(answer)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#requester.close();
  }
}

/** Sets a security context up, both ends in this process and one after the other: what GSS-API itself takes. */
async function setUp(acceptor: Credential): Promise<void> {
  using name = Name.service(target.service, target.host);
  using initiator = SecurityContext.initiate({ target: name });
  using accepting = SecurityContext.accept({ credential: acceptor });
  const { token } = await initiator.step();
  await accepting.step(token ?? Buffer.alloc(0));
}

/** Batches per second when each opens a security context, against the mere set-up of contexts. */
export async function firstMessages(): Promise<void> {
  await using bus = await Bus.start();
  // The tickets stay in memory: every other client has a processor of its own to read a file with.
  process.env['KRB5_CLIENT_KTNAME'] = bus.realm.keytab('demo');
  process.env['KRB5CCNAME'] = 'MEMORY:first-messages';
  await using sender = await FirstMessages.open(bus.daemon.url);
  const keytab = bus.realm.defaultKeytab;
  using acceptor = await Credential.acquire({ usage: 'accept', store: { keytab, rcache: 'none:' } });
  const ours = async (): Promise<void> => await sender.roundTrip();
  const reference = async (): Promise<void> => await setUp(acceptor);
  await measure(ours, IN_FLIGHT, WARM_UP_MS);
  say(`${ROUNDS} rounds of ${ROUND_MS} ms each`);
  const result = await inTurns(
    ROUNDS,
    async () => await measure(ours, IN_FLIGHT, ROUND_MS),
    async () => await measure(reference, IN_FLIGHT, ROUND_MS),
  );
  report({
    bench: 'first-messages',
    ours: result.ours.perSecond,
    reference: result.reference.perSecond,
    unit: 'contexts/s',
  });
}

/** Memory of the daemon with 10,000 live security contexts. */
export async function contexts(): Promise<void> {
  await using bus = await Bus.start(USERS);
  const ccaches = await Promise.all(USERS.map(async (user) => await bus.realm.ticket(user)));
  await using sender = await FirstMessages.open(bus.daemon.url);
  await sender.roundTrip(ccaches[0] ?? '');
  const before = await bus.daemonMemory();
  let made = 0;
  const work = async (): Promise<void> => {
    while (made < LIVE_CONTEXTS) await sender.roundTrip(ccaches[(made += 1) % ccaches.length] ?? '');
  };
  await Promise.all(Array.from({ length: 32 }, work));
  const after = await bus.daemonMemory();
  say(`${before.toFixed(0)} MiB before, ${after.toFixed(0)} MiB with ${made} contexts`);
  report({ bench: 'memory-of-10000-contexts', ours: after, reference: before, unit: 'MiB' });
}
