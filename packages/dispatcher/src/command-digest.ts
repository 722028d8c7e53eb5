import { createHash } from 'node:crypto';
import type { PlannedStep } from './plan.js';

/**
 * Tells one command from another: by its shell, its words and what they mean, and its input. The typed line and the JSON form of
 * a command have the same.
 */
export function digestOf({ host, call, stdin = '' }: Pick<PlannedStep, 'host' | 'call' | 'stdin'>): string {
  const { args, literals, values } = call;
  return createHash('sha256')
    .update(JSON.stringify([host.name, args, literals, Object.entries(values)]))
    .update('\n')
    .update(stdin)
    .digest('base64');
}
