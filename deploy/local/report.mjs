/** What a suite's report says: how many tests passed and failed, and of the failures what and why. */
import { existsSync, readFileSync } from 'node:fs';

/** Lines of a suite's failures that are shown once more at the end of the run. */
const shownLines = 120;

/** Where Vitest begins to tell of files that could not be loaded, of failed tests and of errors outside of tests. */
const failuresBegin = /⎯+.{0,24}(?:Failed Suites|Failed Tests|Unhandled Errors)/;

/**
 * The part of a failed suite's output that says what was wrong: what follows Vitest's own heading, else the last lines.
 * @param {string} output of the suite
 */
export function failuresOf(output) {
  const lines = output.trimEnd().split('\n');
  const first = lines.findIndex((line) => failuresBegin.test(line));
  return (first === -1 ? lines.slice(-shownLines) : lines.slice(first, first + shownLines)).join('\n');
}

/**
 * Reads one Vitest report. A file that could not be loaded and a skipped test are failures here, and so
 * is an exit code that no failed test explains.
 * @param {string} file path of the JSON report; it is missing when the suite died
 * @param {number} exitCode of Vitest
 * @returns {{passed: number, failed: number, skipped: string[]}} `skipped`: names of the tests that were left out
 */
export function readReport(file, exitCode) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: [] };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const unloaded = report.testResults.filter((result) => result.status === 'failed' && !result.assertionResults.some((a) => a.status === 'failed')).length;
  const skipped = report.testResults.flatMap((result) => result.assertionResults.filter((a) => a.status !== 'failed' && a.status !== 'passed').map((a) => a.fullName));
  const failed = report.numFailedTests + unloaded + skipped.length;
  return { passed: report.numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped };
}
