import { randomBytes } from 'node:crypto';
import type { PeerOpen } from './connection.js';
import { AmqpError, quoted } from './errors.js';

/** Names of the profiles: `artemis`, `rabbitmq4` and `rabbitmq3` have no implementation yet. */
export type ProfileName = 'direct' | 'generic' | 'artemis' | 'rabbitmq4' | 'rabbitmq3';

/** How canonical addresses, reply links and answers look at one kind of peer. */
export interface AddressProfile {
  readonly name: string;
  /** Whether the open of a peer shows that this profile fits. */
  matches(open: PeerOpen): boolean;
  /** A canonical address as this peer spells it. */
  encode(canonical: string): string;
  /** The canonical address of a spelling; undefined when it is none. */
  decode(wire: string): string | undefined;
  /** The reply link has a dynamic source, or a queue that we name. */
  readonly reply: 'dynamic' | 'named';
  /** Makes a fresh name for a reply queue; for `named` only. */
  mintReplyAddress?(): string;
  /** Capabilities asked for on source and target, such as `queue`. */
  readonly capabilities?: readonly string[];
  /** Answers go through an anonymous sender, out on the link the peer attached, or each through a sender of its address. */
  readonly answer: 'anonymous' | 'peer-link' | 'cached-senders';
  /** Whether answers may go to this address: never to one where commands are taken. */
  isReplyAddress(wire: string): boolean;
}

/** A profile by name, or one of one's own. */
export type ProfileChoice = ProfileName | AddressProfile;

const CANONICAL = /^(?:\/[a-z0-9_.+-]+)+$/;
const MAX_ADDRESS_BYTES = 200;
/** Addresses of services start so (protocol.md 1). */
const SERVICE_PREFIX = '/internetwide/';

const DIRECT_REPLY_PREFIX = 'arpa2amqp.reply.';
const DIRECT_REPLY = /^arpa2amqp\.reply\.[A-Za-z0-9_-]{32}$/;

/** What the open frame of our own listener says, so that a client knows that it talks to the daemon itself. */
export const DIRECT_PROPERTIES: Readonly<Record<string, string>> = Object.freeze({ profile: 'direct' });

/** An address for a reply link that nobody can guess. */
export function mintDirectReplyAddress(): string {
  return DIRECT_REPLY_PREFIX + randomBytes(24).toString('base64url');
}

function asCanonical(wire: string): string | undefined {
  return wire.length <= MAX_ADDRESS_BYTES && CANONICAL.test(wire) ? wire : undefined;
}

/** The daemon listens itself; no broker. */
const direct: AddressProfile = {
  name: 'direct',
  matches: ({ properties }) => properties['product'] === 'arpa2amqp' && properties['profile'] === 'direct',
  encode: (canonical) => canonical,
  decode: asCanonical,
  reply: 'dynamic',
  answer: 'peer-link',
  isReplyAddress: (wire) => DIRECT_REPLY.test(wire),
};

/** What a broker makes up for a dynamic node: something random, or something that says temporary. */
const MINTED =
  /[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[A-Za-z0-9_-]{16,}|(?:^|[/.:_-])(?:temp|tmp|reply)[/.:_-]/;
const PRINTABLE = /^[\x21-\x7e]{1,255}$/;

/** A broker that takes addresses as they are and has dynamic nodes, such as Qpid's. */
const generic: AddressProfile = {
  name: 'generic',
  matches: () => true,
  encode: (canonical) => canonical,
  decode: asCanonical,
  reply: 'dynamic',
  answer: 'anonymous',
  isReplyAddress: (wire) => PRINTABLE.test(wire) && !wire.includes(SERVICE_PREFIX) && MINTED.test(wire),
};

/** In the order in which they are tried; the last one fits everything. */
const PROFILES: readonly AddressProfile[] = [direct, generic];

/**
 * The profile to use with a peer: the chosen one, or the first that fits its open.
 *
 * @throws AmqpError `amqp-bad-options` for a name that has no implementation yet
 */
export function profileFor(open: PeerOpen, choice?: ProfileChoice): AddressProfile {
  if (typeof choice === 'object') return choice;
  const found = PROFILES.find((each) => (choice === undefined ? each.matches(open) : each.name === choice));
  if (found !== undefined) return found;
  throw new AmqpError('amqp-bad-options', `Choose an address profile: there is no ${quoted(choice)} yet`);
}
