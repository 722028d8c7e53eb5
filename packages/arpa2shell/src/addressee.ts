import { SHELL_WORDS } from './local-commands.js';
import type { ShellCatalog } from './shell-catalog.js';

/** Whom a command is for. */
export type Addressee =
  | { readonly kind: 'here'; readonly words: readonly string[] }
  | { readonly kind: 'move'; readonly shell: string }
  | {
      readonly kind: 'shell';
      readonly shell: string;
      readonly words: readonly string[];
      /** A single command for another shell than the one in use. */
      readonly isOneOff: boolean;
    };

/**
 * Whom these words are for, one at least.
 *
 * @param shell - the shell in use, null for the shell of shells
 */
export function addresseeOf(words: readonly string[], shell: string | null, catalog: ShellCatalog): Addressee {
  const [first = '', ...rest] = words;
  if (Object.hasOwn(SHELL_WORDS, first)) return { kind: 'here', words };
  const isOwn = shell !== null && catalog.find(shell)?.find(first) !== undefined;
  if (!isOwn && catalog.isShell(first)) {
    if (rest.length === 0) return { kind: 'move', shell: first };
    return { kind: 'shell', shell: first, words: rest, isOneOff: first !== shell };
  }
  const topic = first === 'help' ? rest[0] : undefined;
  if (shell === null && topic !== undefined && !Object.hasOwn(SHELL_WORDS, topic) && catalog.isShell(topic)) {
    // Only the shell itself can explain what is in it.
    return { kind: 'shell', shell: topic, words: ['help', ...rest.slice(1)], isOneOff: true };
  }
  if (shell === null) return { kind: 'here', words };
  return { kind: 'shell', shell, words, isOneOff: false };
}
