import type { Logger } from './logger.js';

/** Calls a listener of the user. What it throws is logged, and ends here: no socket event can do anything with it. */
export function tell(logger: Logger, listener: () => void): void {
  try {
    listener();
  } catch (error) {
    logger.error({ err: error }, 'amqp listener failed');
  }
}
