/** Sums vitest's JSON reports: summary.js STATUS_OF_TESTS STATUS_OF_CHECKS REPORT... */
import { readFileSync } from 'node:fs';

const [tests, checks, ...files] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const file of files) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    process.stdout.write(`there is no report ${file}\n`);
    continue;
  }
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests;
  total.skipped += report.numPendingTests + report.numTodoTests;
  // A file that cannot even be loaded has no tests to count.
  for (const { status, assertionResults, name } of report.testResults) {
    if (status !== 'failed' || assertionResults.length > 0) continue;
    process.stdout.write(`${name} could not be loaded\n`);
    total.failed++;
  }
}
const sound = tests === '0' && checks === '0' && total.failed === 0 && total.passed > 0;
if (checks !== '0') process.stdout.write('npm run check failed\n');
if (tests !== '0') process.stdout.write('npm test failed\n');
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exit(sound ? 0 : 1);
