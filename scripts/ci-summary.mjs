/**
 * Prints the sum of what scripts/jest-summary-reporter.mjs wrote, as the closing line of .ci/run:
 * `node scripts/ci-summary.mjs FILE`. Fails when no test was run or one failed.
 */
import { readFileSync } from 'node:fs';
import { argv } from 'node:process';

const runs = readFileSync(argv[2], 'utf8').split('\n').filter(Boolean).map(JSON.parse);
const sum = (key) => runs.reduce((total, run) => total + run[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
if (sum('passed') === 0 || sum('failed') > 0) process.exitCode = 1;
