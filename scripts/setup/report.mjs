/** Why the set-up cannot go on, in words for the person who started it. */
export class SetupError extends Error {}

export const inCi = process.env.CI === 'true';

export function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}

/** For what is left out: hard to overlook between other lines. */
export function sayLoudly(...lines) {
  const rule = '='.repeat(72);
  process.stderr.write(`${[rule, ...lines.map((line) => `setup: ${line}`), rule].join('\n')}\n`);
}
