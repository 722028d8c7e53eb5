import { isReplyCode, type Candidate, type CommandOutput } from '@arpa2amqp/protocol';
import type { PlannedCommand } from './command-table.js';
import type { Caller } from './definition.js';
import type { VariableQuestion } from './host.js';
import type { PlaceData } from './place.js';

// What goes between the daemon and the process of a shell: one JSON object a line, over a socket pair on descriptor 3.

/** The descriptor of the channel in the child. */
export const CHANNEL_FD = 3;

/** One command of a `run` message. */
interface WireCommand {
  readonly command: PlannedCommand;
  readonly stdin?: string;
}

/** A caller as JSON. */
export interface WireCaller {
  readonly identity: string;
  readonly principal: string;
  /** Milliseconds since 1970. */
  readonly expires: number | null;
}

/** Why a command is not waited for any longer. */
type StopReason = 'timeout' | 'interrupted';

/** Messages to the shell's process. */
export type ToChild =
  | {
      readonly type: 'start';
      readonly module: string;
      readonly name: string;
      readonly options: unknown;
      readonly place: PlaceData;
    }
  | { readonly type: 'open'; readonly session: number; readonly caller: WireCaller }
  | {
      readonly type: 'run';
      readonly session: number;
      readonly batch: number;
      readonly commands: readonly WireCommand[];
      readonly maxOutputBytes: number;
      readonly stopOnFailure: boolean;
    }
  /** Aborts the command with this index if it is the running one; `interrupted` aborts any. `rest`: start no other one. */
  | {
      readonly type: 'stop';
      readonly session: number;
      readonly batch: number;
      readonly at: number;
      readonly rest: boolean;
      readonly reason: StopReason;
      /** The limit that is over, for the words. */
      readonly timeoutMs: number;
    }
  | { readonly type: 'close'; readonly session: number }
  /** Asks a completion hook; answered by `candidates`, once. */
  | {
      readonly type: 'complete';
      readonly session: number;
      readonly caller: WireCaller;
      readonly question: VariableQuestion;
    }
  /** The candidates are not waited for any longer. */
  | { readonly type: 'give-up'; readonly session: number }
  | { readonly type: 'ping'; readonly id: number };

/** How grave a line of the log is. */
export type LogLevel = 'info' | 'warn' | 'error';

/** Messages from the shell's process. */
export type FromChild =
  | { readonly type: 'hello'; readonly description: unknown }
  | { readonly type: 'refused'; readonly message: string }
  | {
      readonly type: 'output';
      readonly session: number;
      readonly batch: number;
      readonly at: number;
      readonly output: CommandOutput;
      /** No other output of this batch comes. */
      readonly isLast: boolean;
    }
  | { readonly type: 'closed'; readonly session: number }
  | { readonly type: 'candidates'; readonly session: number; readonly candidates: readonly Candidate[] }
  | { readonly type: 'pong'; readonly id: number }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly event: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** Messages from the shell's process to one session. */
export type ForSession = FromChild & { readonly type: 'output' | 'closed' | 'candidates' };

/** Makes JSON of a caller. */
export function toWire({ identity, principal, expires }: Caller): WireCaller {
  return { identity, principal, expires: expires?.getTime() ?? null };
}

/** The caller that was made JSON of. */
export function fromWire({ expires, ...who }: WireCaller): Caller {
  return { ...who, expires: expires === null ? null : new Date(expires) };
}

/** Takes a message of a child, which may be broken: undefined when it is none of ours. */
export function readFromChild(value: unknown): FromChild | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const message = value as Partial<Record<string, unknown>>;
  switch (message['type']) {
    case 'hello':
      return value as FromChild;
    case 'refused':
      return typeof message['message'] === 'string' ? (value as FromChild) : undefined;
    case 'output':
      return isNumber(message['session'], message['batch'], message['at']) && isOutput(message['output'])
        ? (value as FromChild)
        : undefined;
    case 'closed':
      return isNumber(message['session']) ? (value as FromChild) : undefined;
    case 'candidates':
      return isNumber(message['session']) && Array.isArray(message['candidates']) ? (value as FromChild) : undefined;
    case 'pong':
      return isNumber(message['id']) ? (value as FromChild) : undefined;
    case 'log':
      return typeof message['event'] === 'string' && isLevel(message['level']) && isFlat(message['fields'])
        ? (value as FromChild)
        : undefined;
    default:
      return undefined;
  }
}

function isLevel(value: unknown): value is LogLevel {
  return value === 'info' || value === 'warn' || value === 'error';
}

function isNumber(...values: unknown[]): boolean {
  return values.every((value) => typeof value === 'number');
}

function isOutput(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { stdout, stderr, code, at } = value as Partial<Record<string, unknown>>;
  return (
    typeof stdout === 'string' &&
    typeof stderr === 'string' &&
    (at === undefined || (Number.isSafeInteger(at) && Number(at) >= 0)) &&
    (code === undefined || (typeof code === 'string' && isReplyCode(code)))
  );
}

/** Hazard: JSON.parse takes any depth, JSON.stringify throws for too much of it. Nothing of a child is passed on in depth. */
function isFlat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((member) => typeof member !== 'object' || member === null);
}
