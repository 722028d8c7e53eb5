import type { LineBuffer } from './line-buffer.js';

/** What the keys do that only change the line or move in it. */
export const LINE_KEYS: ReadonlyMap<string, (buffer: LineBuffer) => void> = new Map(
  Object.entries<(buffer: LineBuffer) => void>({
    'ctrl+a': toStart,
    home: toStart,
    'ctrl+e': toEnd,
    end: toEnd,
    'ctrl+b': (buffer) => buffer.moveBackward(),
    left: (buffer) => buffer.moveBackward(),
    'ctrl+f': (buffer) => buffer.moveForward(),
    right: (buffer) => buffer.moveForward(),
    'meta+b': (buffer) => buffer.moveTo(buffer.wordStart()),
    'ctrl+left': (buffer) => buffer.moveTo(buffer.wordStart()),
    'meta+left': (buffer) => buffer.moveTo(buffer.wordStart()),
    'meta+f': (buffer) => buffer.moveTo(buffer.wordEnd()),
    'ctrl+right': (buffer) => buffer.moveTo(buffer.wordEnd()),
    'meta+right': (buffer) => buffer.moveTo(buffer.wordEnd()),
    backspace: (buffer) => buffer.deleteBackward(),
    'ctrl+h': (buffer) => buffer.deleteBackward(),
    delete: (buffer) => buffer.deleteForward(),
    'ctrl+w': (buffer) => buffer.kill(buffer.wordStart('blank'), buffer.cursor),
    'meta+backspace': (buffer) => buffer.kill(buffer.wordStart(), buffer.cursor),
    'ctrl+backspace': (buffer) => buffer.kill(buffer.wordStart(), buffer.cursor),
    'meta+d': (buffer) => buffer.kill(buffer.cursor, buffer.wordEnd()),
    'meta+delete': (buffer) => buffer.kill(buffer.cursor, buffer.wordEnd()),
    'ctrl+delete': (buffer) => buffer.kill(buffer.cursor, buffer.wordEnd()),
    'ctrl+u': (buffer) => buffer.kill(0, buffer.cursor),
    'ctrl+k': (buffer) => buffer.kill(buffer.cursor, buffer.text.length),
    'ctrl+y': (buffer) => buffer.yank(),
    'meta+y': (buffer) => buffer.yankOlder(),
    'ctrl+t': (buffer) => buffer.transpose(),
    'ctrl+_': (buffer) => buffer.undo(),
  }),
);

/** Keys that accept the grey rest when the cursor is at the end of the line. */
export const ACCEPT_KEYS: ReadonlySet<string> = new Set(['right', 'ctrl+f', 'ctrl+e', 'end']);

function toStart(buffer: LineBuffer): void {
  buffer.moveTo(0);
}

function toEnd(buffer: LineBuffer): void {
  buffer.moveTo(buffer.text.length);
}
