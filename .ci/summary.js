/**
 * Sums up what was run: summary.js FOLDER NAME=STATUS... A test suite has its counts in FOLDER/NAME.jsonl, by
 * tally.js. The last line is `N passed, N failed, N skipped`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const TIMED_OUT = '124';

const [folder, ...runs] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
let sound = true;
for (const run of runs) {
  const [name, status] = run.split('=');
  if (status !== '0') {
    sound = false;
    say(status === TIMED_OUT ? `${name} took too long, and was stopped` : `${name} failed`);
  }
  const report = join(folder, `${name}.jsonl`);
  if (existsSync(report)) add(name, readFileSync(report, 'utf8').trim().split('\n'));
}
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(sound && total.failed === 0 && total.passed > 0 ? 0 : 1);

function add(name, lines) {
  const [{ files }, ...ended] = lines.map((line) => JSON.parse(line));
  for (const { file, passed, failed, skipped } of ended) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    if (failed > 0) say(`${name}: ${failed} failed in ${file}`);
  }
  const missing = files - ended.length;
  if (missing === 0) return;
  total.failed += missing;
  say(`${name}: ${missing} of ${files} files did not end`);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
