/**
 * A reporter of vitest that writes what each test file came to as soon as it ends: a line of JSON each, after
 * one with their number. So a suite that is stopped has its counts, too.
 */
import { appendFileSync, writeFileSync } from 'node:fs';

export default class Tally {
  #file;

  constructor({ file }) {
    this.#file = file;
  }

  onTestRunStart(specifications) {
    writeFileSync(this.#file, `${JSON.stringify({ files: specifications.length })}\n`);
  }

  onTestModuleEnd(module) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const test of module.children.allTests()) counts[test.result().state]++;
    // What cannot be loaded or set up has no test that failed.
    if (module.state() === 'failed' && counts.failed === 0) counts.failed = 1;
    appendFileSync(this.#file, `${JSON.stringify({ file: module.relativeModuleId, ...counts })}\n`);
  }
}
