import type { Duplex } from 'node:stream';

/** A line over this ends the channel: 1 MiB of stdout and of stderr, every character escaped, and some. */
const MAX_LINE_CHARACTERS = 32 * 1024 * 1024;

/** What a {@link JsonChannel} tells its owner. */
export interface ChannelListener {
  onMessage(message: unknown): void;
  /** Told once: the peer closed the channel, or sent something that is no JSON line. */
  onEnd(fault: string | undefined): void;
}

/**
 * JSON values over a stream, one a line. Not Node's own IPC channel: that has no limit to what a child may send.
 * A small message is in the kernel when `send` returns, so an output survives a command that then never gives the
 * processor back, or dies.
 */
export class JsonChannel {
  readonly #stream: Duplex;
  readonly #listener: ChannelListener;
  #partial: string[] = [];
  #length = 0;
  #isOver = false;

  constructor(stream: Duplex, listener: ChannelListener) {
    this.#stream = stream;
    this.#listener = listener;
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => this.#read(text));
    stream.on('error', () => undefined);
    stream.on('close', () => this.#end(undefined));
    stream.on('end', () => this.#end(undefined));
  }

  send(message: object): void {
    if (!this.#isOver && this.#stream.writable) this.#stream.write(`${JSON.stringify(message)}\n`);
  }

  /** Sends what is under way, then tells the peer that nothing more comes. */
  close(): void {
    this.#stream.end();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #read(text: string): void {
    if (this.#isOver) return;
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const tail = text.slice(start, end);
      const line = this.#partial.length === 0 ? tail : this.#partial.join('') + tail;
      this.#partial = [];
      this.#length = 0;
      start = end + 1;
      if (!this.#take(line)) return;
    }
    if (start < text.length) this.#partial.push(start === 0 ? text : text.slice(start));
    this.#length += text.length - start;
    if (this.#length > MAX_LINE_CHARACTERS) this.#end('a line is too long');
  }

  /** @returns false when this was no message and so the last. */
  #take(line: string): boolean {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      this.#end('a line is not JSON');
      return false;
    }
    this.#listener.onMessage(message);
    return true;
  }

  #end(fault: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#partial = [];
    this.#listener.onEnd(fault);
  }
}
