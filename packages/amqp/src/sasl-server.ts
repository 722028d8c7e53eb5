import { AmqpError, quoted } from './errors.js';
import type { Logger } from './logger.js';
import type { Peer } from './message.js';
import type { ServerMechanism, ServerSasl } from './sasl.js';
import {
  SASL_AUTH,
  SASL_HEADER,
  SASL_OK,
  SASL_SYS,
  decodeSaslFrame,
  encodeSaslFrame,
  type SaslFrame,
} from './sasl-frames.js';
import { GssapiServer } from './sasl-gssapi.js';
import { PlainServer } from './sasl-plain.js';
import { AnonymousServer, ExternalServer } from './sasl-simple.js';
import { isHeader, type Wire } from './wire.js';

const MAX_ROUNDS = 16;

/** What is known of a peer before it logs in. */
export interface LoginScene {
  readonly sasl: ServerSasl;
  /** The owner of its TLS certificate, when EXTERNAL may be used. */
  readonly certified: string | null;
  readonly logger: Logger;
  readonly remoteAddress: string;
}

type Mechanism = Exclude<Peer['mechanism'], 'none'>;
type Factory = () => Promise<ServerMechanism>;

/** Who logged in, and how. */
export interface Login {
  readonly mechanism: Peer['mechanism'];
  readonly identity: string | null;
}

/** Mechanisms on offer, the strongest first: rhea's client takes the first it knows. */
function offers({ sasl, certified }: LoginScene): Map<Mechanism, Factory> {
  const found = new Map<Mechanism, Factory>();
  const { gssapi } = sasl;
  if (gssapi !== undefined) found.set('GSSAPI', async () => new GssapiServer(await gssapi.accept(), gssapi));
  if (certified !== null) found.set('EXTERNAL', () => Promise.resolve(new ExternalServer(certified)));
  if (sasl.plain !== undefined) found.set('PLAIN', () => Promise.resolve(new PlainServer(sasl)));
  if (sasl.anonymous === true) found.set('ANONYMOUS', () => Promise.resolve(new AnonymousServer()));
  return found;
}

/**
 * Lets a peer log in, once: a peer that fails is told and dropped.
 *
 * @throws AmqpError when it is not let in
 */
export async function letIn(wire: Wire, scene: LoginScene): Promise<Login> {
  const header = await wire.read();
  if (!isHeader(header) || header[5] !== 1 || header[6] !== 0) {
    wire.write(SASL_HEADER); // AMQP 1.0, part 2, 2.2: tell what would be understood
    throw new AmqpError('amqp-not-amqp', 'Let a peer log in: it does not speak AMQP 1.0');
  }
  if (header[4] === 0 && scene.sasl.anonymous === true) {
    wire.expectHeader();
    wire.unread(header);
    return { mechanism: 'none', identity: null };
  }
  wire.write(SASL_HEADER);
  if (header[4] !== 3) throw new AmqpError('amqp-sasl-refused', 'Let a peer log in: it skipped SASL');
  const mechanisms = offers(scene);
  wire.write(encodeSaslFrame({ kind: 'mechanisms', names: [...mechanisms.keys()] }));
  const init = decodeSaslFrame(await wire.read());
  if (init.kind !== 'init') throw new AmqpError('amqp-protocol', 'Let a peer log in: no SASL init came');
  const name = init.mechanism as Mechanism;
  const factory = mechanisms.get(name);
  if (factory === undefined) {
    wire.write(encodeSaslFrame({ kind: 'outcome', code: SASL_AUTH }));
    throw new AmqpError('amqp-sasl-refused', `Let a peer log in: it asked for ${quoted(init.mechanism)}`);
  }
  const identity = await run(wire, scene, factory, init);
  wire.expectHeader();
  wire.write(encodeSaslFrame({ kind: 'outcome', code: SASL_OK }));
  return { mechanism: name, identity };
}

async function run(
  wire: Wire,
  scene: LoginScene,
  factory: Factory,
  init: Extract<SaslFrame, { kind: 'init' }>,
): Promise<string | null> {
  let mechanism: ServerMechanism | null = null;
  try {
    mechanism = await factory();
    return await exchange(wire, mechanism, init);
  } catch (error) {
    // Only what we decided ourselves is an AmqpError; the rest (no keytab, a failing callback) is our own trouble.
    const isOurs = error instanceof AmqpError;
    if (!isOurs) scene.logger.error({ err: error, remoteAddress: scene.remoteAddress }, 'amqp login check failed');
    const code = isOurs ? SASL_AUTH : SASL_SYS;
    wire.write(encodeSaslFrame({ kind: 'outcome', code }));
    if (isOurs) throw error;
    throw new AmqpError('amqp-sasl-refused', `Let a peer log in by ${quoted(init.mechanism)}: the check failed`, {
      cause: error,
    });
  } finally {
    mechanism?.dispose?.();
  }
}

async function exchange(
  wire: Wire,
  mechanism: ServerMechanism,
  init: Extract<SaslFrame, { kind: 'init' }>,
): Promise<string | null> {
  let response = init.response ?? Buffer.alloc(0);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const step = await mechanism.step(response);
    if (step.kind === 'accepted') return step.identity;
    if (step.kind === 'refused') {
      throw new AmqpError('amqp-sasl-refused', `Let a peer log in by ${quoted(init.mechanism)}: ${step.reason}`);
    }
    wire.write(encodeSaslFrame({ kind: 'challenge', data: step.challenge }));
    const frame = decodeSaslFrame(await wire.read());
    if (frame.kind !== 'response') throw new AmqpError('amqp-protocol', 'Let a peer log in: no SASL response came');
    response = frame.data;
  }
  throw new AmqpError('amqp-protocol', 'Let a peer log in: too many rounds');
}
