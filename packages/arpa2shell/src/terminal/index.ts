export type { Assistant, Completion, Span } from './assistant.js';
export { END_HELP } from './candidate-list.js';
export { escapeForTerminal } from './escape.js';
export { History } from './history.js';
export { Terminal } from './terminal.js';
export { paint, type Prompt, type TonedText } from './tone.js';
