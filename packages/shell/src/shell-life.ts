import type { Shell } from './define-shell.js';
import { logText } from './log-text.js';
import type { Logger } from './logger.js';
import { reasonOf } from './reason.js';

/** Lets a shell begin its own work. Never rejects. */
export async function startShell<State>({ name, definition }: Shell<State>, logger: Logger): Promise<void> {
  try {
    await definition.start?.();
  } catch (error) {
    logger.error({ shell: name, error: logText(reasonOf(error), 1000) }, 'start-broke');
  }
}

/** Lets a shell give back what it holds. Never rejects: whatever it fails at, it ends. */
export async function closeShell<State>(shell: Shell<State> | undefined): Promise<void> {
  try {
    await shell?.definition.close?.();
  } catch {
    return;
  }
}
