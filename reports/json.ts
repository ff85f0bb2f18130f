/** The summary as JSON, beside the manifest that says what it is of. */
import type { Results } from './read.ts';
import { summarize } from './summary.ts';

export function renderJson(results: Results): string {
  const { manifest, damagedLines } = results;
  return `${JSON.stringify({ manifest, damagedLines, summary: summarize(results) }, null, 2)}\n`;
}
