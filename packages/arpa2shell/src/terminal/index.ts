export type { Assistant, Candidate, Completion, Placeholder, Span } from './assistant.js';
export { escapeForTerminal } from './escape.js';
export { History, type HistoryOptions } from './history.js';
export type { ReadResult } from './line-editor.js';
export { Terminal, type TerminalOptions } from './terminal.js';
export { paint, type Prompt, type Tone, type TonedText } from './tone.js';
