export { runCommandLine } from './cli/command-line.js';
export { escapeForTerminal } from './terminal/index.js';
