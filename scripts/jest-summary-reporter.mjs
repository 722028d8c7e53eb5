import { appendFileSync } from 'node:fs';

/**
 * Appends one line of JSON with the counts of a Jest run to the file named by ARPA2_TEST_SUMMARY, for
 * scripts/ci-summary.mjs. A suite that could not run at all counts as one failed test.
 */
export default class JestSummaryReporter {
  onRunComplete(_contexts, results) {
    const file = process.env.ARPA2_TEST_SUMMARY;
    if (file === undefined) return;
    const counts = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    appendFileSync(file, `${JSON.stringify(counts)}\n`);
  }
}
