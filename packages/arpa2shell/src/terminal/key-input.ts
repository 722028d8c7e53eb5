import { EventEmitter } from 'node:events';
import { emitKeypressEvents, type Key } from 'node:readline';

/** What a user did: pressed a key that acts (`ctrl+c`, `tab`, `?`), or entered text. */
export type InputEvent =
  { readonly kind: 'key'; readonly chord: string } | { readonly kind: 'text'; readonly text: string };

interface Press {
  readonly chord: string;
  /** What is entered if the key does not act; '' for nothing. */
  readonly text: string;
}

const PASTE_START = 'paste-start';
const PASTE_END = 'paste-end';
/** Nobody types so many keys at once: a part of a paste without brackets, whatever it ends with. */
const PASTE_PRESSES = 1000;

/**
 * Decodes what a terminal sends into events. Node decodes the escape sequences (`emitKeypressEvents`); this class knows
 * what is a paste. Inside a bracketed paste nothing acts but the ends of lines. Outside, `?` and Tab act only at the end of
 * what arrived together: followed by more, they are part of a paste of a terminal without brackets, and the answer to them
 * would be dropped anyway.
 */
export class KeyInput {
  readonly #input: NodeJS.ReadStream;
  readonly #onEvents: (events: readonly InputEvent[]) => void;
  readonly #decoder = new EventEmitter();
  readonly #take = (chunk: Buffer | string) => this.#decode(chunk);
  #presses: Press[] = [];
  #isPaste = false;
  #isDecoding = false;
  #isAfterReturn = false;

  constructor(input: NodeJS.ReadStream, onEvents: (events: readonly InputEvent[]) => void) {
    this.#input = input;
    this.#onEvents = onEvents;
    this.#decoder.on('keypress', (text: string | undefined, key: Key) => this.#press(text, key));
    // It takes nothing of a stream but its 'data' and 'newListener' events.
    emitKeypressEvents(this.#decoder as NodeJS.ReadableStream);
    input.on('data', this.#take);
  }

  close(): void {
    this.#input.off('data', this.#take);
    this.#decoder.removeAllListeners('keypress');
  }

  #decode(chunk: Buffer | string): void {
    this.#isDecoding = true;
    this.#decoder.emit('data', chunk);
    this.#isDecoding = false;
    this.#hand();
  }

  #press(text: string | undefined, key: Key): void {
    const press = this.#isPaste || key.name === PASTE_START ? this.#pasted(key) : typed(text, key);
    const isNewline = key.sequence === '\n' && this.#isAfterReturn;
    this.#isAfterReturn = key.sequence === '\r';
    if (press !== null && !isNewline) this.#presses.push(press);
    // A lone Escape is told by a timer of the decoder, not by a chunk.
    if (!this.#isDecoding) this.#hand();
  }

  #pasted(key: Key): Press | null {
    if (key.name === PASTE_START || key.name === PASTE_END) {
      this.#isPaste = key.name === PASTE_START;
      return null;
    }
    const text = key.sequence ?? '';
    if (text === '\r' || text === '\n') return { chord: 'return', text: '' };
    return { chord: '', text };
  }

  #hand(): void {
    const presses = this.#presses;
    if (presses.length === 0) return;
    this.#presses = [];
    this.#onEvents(eventsOf(presses));
  }
}

function typed(text: string | undefined, key: Key): Press | null {
  const sequence = key.sequence ?? '';
  if (key.name === 'tab')
    return { chord: key.shift === true ? 'shift+tab' : 'tab', text: key.shift === true ? '' : '\t' };
  if (sequence === '?') return { chord: '?', text: '?' };
  if (key.name === 'return' || key.name === 'enter') return { chord: 'return', text: '' };
  if (key.name === 'escape') return { chord: 'escape', text: '' };
  if (sequence === '\u001f') return { chord: 'ctrl+_', text: '' };
  const isModified = key.ctrl === true || key.meta === true;
  if (text !== undefined && !isModified && isPrintable(text)) return { chord: '', text };
  if (key.name === undefined || key.name === 'undefined') return null;
  return { chord: `${key.ctrl === true ? 'ctrl+' : ''}${key.meta === true ? 'meta+' : ''}${key.name}`, text: '' };
}

function isPrintable(text: string): boolean {
  return text >= ' ' && !(text >= '\u007f' && text <= '\u009f');
}

function eventsOf(presses: readonly Press[]): InputEvent[] {
  let tail = presses.length;
  while (tail > 0 && presses.length < PASTE_PRESSES && isAsking(presses[tail - 1])) tail--;
  const events: InputEvent[] = [];
  let texts: string[] = [];
  const endText = (): void => {
    if (texts.length > 0) events.push({ kind: 'text', text: texts.join('') });
    texts = [];
  };
  for (const [index, press] of presses.entries()) {
    if (press.text !== '' && index < tail) {
      texts.push(press.text);
    } else if (press.chord === '') {
      texts.push(press.text);
    } else {
      endText();
      events.push({ kind: 'key', chord: press.chord });
    }
  }
  endText();
  return events;
}

function isAsking(press: Press | undefined): boolean {
  return press?.chord === '?' || press?.chord === 'tab';
}
