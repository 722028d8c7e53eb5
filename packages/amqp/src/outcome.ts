import type { Outcome } from './message.js';
import type { RheaTyped } from './rhea.js';

export const ACCEPTED_OUTCOME: Outcome = Object.freeze({ kind: 'accepted' });
const RELEASED_OUTCOME: Outcome = Object.freeze({ kind: 'released' });
const MODIFIED_OUTCOME: Outcome = Object.freeze({ kind: 'modified' });

function textAt(value: unknown, index: number): string {
  if (!Array.isArray(value)) return '';
  const found: unknown = (value[index] as RheaTyped | null | undefined)?.value;
  return typeof found === 'string' ? found : '';
}

/** The outcome a delivery state tells; null for one that is none, such as a transactional state. */
export function outcomeOf(state: RheaTyped): Outcome | null {
  switch (state.descriptor?.value) {
    case 0x24:
    case 'amqp:accepted:list':
      return ACCEPTED_OUTCOME;
    case 0x25:
    case 'amqp:rejected:list': {
      const error: unknown = Array.isArray(state.value)
        ? (state.value[0] as RheaTyped | null | undefined)?.value
        : null;
      return { kind: 'rejected', condition: textAt(error, 0), description: textAt(error, 1) };
    }
    case 0x26:
    case 'amqp:released:list':
      return RELEASED_OUTCOME;
    case 0x27:
    case 'amqp:modified:list':
      return MODIFIED_OUTCOME;
    default:
      return null;
  }
}

/** Condition and description of an error that rhea decoded. */
export function conditionOf(error: unknown): { condition: string | undefined; description: string } {
  const { condition, description } = (error ?? {}) as { condition?: unknown; description?: unknown };
  return {
    condition: typeof condition === 'string' ? condition : undefined,
    description: typeof description === 'string' ? description : '',
  };
}
