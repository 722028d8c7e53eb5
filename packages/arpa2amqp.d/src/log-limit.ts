import type { Logger } from '@arpa2amqp/amqp';

/** So many lines of one kind go into the log in so long; the others are counted. */
const MAX_LINES = 20;
const WINDOW_MS = 10_000;
/** Kinds are made of our own event names and error codes: there are never so many. Those above share one. */
const MAX_KINDS = 256;
const OTHER = { kind: '', members: { event: 'other' } };

type Level = 'info' | 'warn' | 'error';

/** The lines of one kind since the first of them. */
interface Window {
  readonly level: Level;
  readonly members: Readonly<Record<string, unknown>>;
  readonly timer: NodeJS.Timeout;
  lines: number;
  dropped: number;
}

/**
 * A log for what peers cause, authenticated or not: one who sends garbage, or comes and goes, as fast as he can must not fill the
 * disk, nor hide what else is logged. Of each kind (event and code, or reason) there are at most 20 lines in 10 s; what is over is
 * counted, and told in one line, `suppressed`, when that time is over.
 */
export class LogLimit implements Logger {
  readonly #log: Logger;
  readonly #windows = new Map<string, Window>();

  constructor(log: Logger) {
    this.#log = log;
  }

  trace(fields: object, event: string): void {
    this.#log.trace(fields, event);
  }

  debug(fields: object, event: string): void {
    this.#log.debug(fields, event);
  }

  info(fields: object, event: string): void {
    this.#write('info', fields, event);
  }

  warn(fields: object, event: string): void {
    this.#write('warn', fields, event);
  }

  error(fields: object, event: string): void {
    this.#write('error', fields, event);
  }

  /** Tells what was suppressed so far. */
  close(): void {
    for (const kind of this.#windows.keys()) this.#end(kind);
  }

  #write(level: Level, fields: object, event: string): void {
    const own = kindOf(fields, event);
    const { kind, members } = this.#windows.size < MAX_KINDS || this.#windows.has(own.kind) ? own : OTHER;
    const window = this.#windows.get(kind) ?? this.#begin(kind, level, members);
    window.lines += 1;
    if (window.lines <= MAX_LINES) this.#log[level](fields, event);
    else window.dropped += 1;
  }

  #begin(kind: string, level: Level, members: Window['members']): Window {
    const timer = setTimeout(() => this.#end(kind), WINDOW_MS).unref();
    const window = { level, members, timer, lines: 0, dropped: 0 };
    this.#windows.set(kind, window);
    return window;
  }

  #end(kind: string): void {
    const window = this.#windows.get(kind);
    if (window === undefined) return;
    clearTimeout(window.timer);
    this.#windows.delete(kind);
    const { level, members, dropped } = window;
    if (dropped > 0) this.#log[level]({ ...members, lines: dropped }, 'suppressed');
  }
}

/** A code is one of ours wherever it stands, and the reason of a refusal; other reasons are words, of which there are any number. */
function kindOf(fields: object, event: string): { readonly kind: string; readonly members: Window['members'] } {
  const { code, reason } = fields as { readonly code?: unknown; readonly reason?: unknown };
  const name = typeof code === 'string' ? { code } : event === REFUSED ? { reason } : {};
  return { kind: `${event} ${Object.values(name).join()}`, members: { event, ...name } };
}

/** A message was refused; its reason is one of the protocol's. */
export const REFUSED = 'refused';
