/**
 * Takes over what a rhea connection does with the peer's `open` and `begin`, and keeps rhea from printing anything.
 */
import { AmqpError } from '../errors.js';
import type { ConnectionLimits } from '../limits.js';
import type { RheaConnection, RheaFrame, RheaPerformative } from '../rhea.js';
import { violation } from './fields.js';
import { guardSession } from './session.js';

/** AMQP 1.0, part 2, 2.4.1: no peer may announce a smaller one. rhea would loop for ever on fewer than 51. */
const MIN_FRAME_SIZE = 512;
/** A smaller one would keep us writing empty frames all the time. */
const MIN_IDLE_MS = 200;
/** Timers of Node hold 31 bits: beyond, they fire at once. */
const MAX_IDLE_MS = 2 ** 31 - 1;

function setField(performative: RheaPerformative, index: number, value: number): void {
  const typed = performative.value[index] as { value: unknown } | null | undefined;
  if (typed) typed.value = value;
}

function field(frame: RheaFrame, index: number): unknown {
  return frame.performative.value[index]?.value ?? undefined;
}

/** The fields of open: container-id, hostname, max-frame-size, channel-max, idle-time-out, ... */
function checkOpen(frame: RheaFrame): void {
  const frameSize = field(frame, 2);
  if (frameSize !== undefined && (typeof frameSize !== 'number' || frameSize < MIN_FRAME_SIZE)) {
    throw violation('an open announces a frame size below 512');
  }
  const idle = field(frame, 4);
  if (idle === undefined || idle === 0) return;
  if (typeof idle !== 'number' || idle < MIN_IDLE_MS) throw violation('an open asks for too short an idle time');
  if (idle > MAX_IDLE_MS) setField(frame.performative, 4, MAX_IDLE_MS);
}

/**
 * Puts the guards on a connection that has not been started.
 *
 * @param acceptsSessions whether the peer may begin sessions of its own
 * @param write sends a frame at once
 */
export function guardConnection(
  connection: RheaConnection,
  limits: ConnectionLimits,
  acceptsSessions: boolean,
  write: (frame: Buffer) => void,
): void {
  const createSession = connection.create_session.bind(connection);
  connection.create_session = () => {
    const session = createSession(limits.maxUnsettled);
    guardSession(session, limits, write);
    return session;
  };
  const onOpen = connection.on_open.bind(connection);
  connection.on_open = (frame) => {
    checkOpen(frame);
    onOpen(frame);
  };
  const onBegin = connection.on_begin.bind(connection);
  connection.on_begin = (frame) => {
    if (!connection.state.remote_open) throw violation('a begin before the open');
    if (connection.remote_channel_map[frame.channel] !== undefined) throw violation('a begin on a channel in use');
    if (field(frame, 0) === undefined) {
      if (!acceptsSessions) throw violation('a begin that nobody asked for');
      if (
        frame.channel >= limits.maxSessions ||
        Object.keys(connection.local_channel_map).length >= limits.maxSessions
      ) {
        throw new AmqpError('amqp-limit', 'Begin a session for the peer: it has too many', {
          condition: 'amqp:resource-limit-exceeded',
        });
      }
    }
    onBegin(frame);
  };
}
