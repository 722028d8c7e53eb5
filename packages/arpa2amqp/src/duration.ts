import { BusError, quoted } from '@arpa2amqp/protocol';

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/**
 * Parses a time span such as `500ms`, `30s` or `5m`.
 *
 * @returns milliseconds, whole and at least 1
 * @throws BusError `usage`
 */
export function parseDuration(text: string): number {
  const [, amount, unit = ''] = DURATION.exec(text) ?? [];
  const ms = Math.round(Number(amount) * (UNIT_MS[unit] ?? Number.NaN));
  if (!Number.isSafeInteger(ms) || ms < 1) {
    throw new BusError(
      'usage',
      `Time span ${quoted(text)} is not understood: write a number and ms, s or m, as in 30s`,
    );
  }
  return ms;
}
