import { expect, test } from 'vitest';
import { fixtureResults } from './fixture.ts';
import { renderHtml } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import type { Results } from './read.ts';
import { RECOVERY_HEADERS, recoveryRows } from './recoveries.ts';

const FATE = 'What happened to nodes';

async function inPeace(): Promise<Results> {
  const results = await fixtureResults();
  return { ...results, trials: results.trials.map(({ recoveries: _, ...trial }) => trial) };
}

test('a row a fault, with times since it happened', async () => {
  const results = await fixtureResults();
  const [trial] = results.trials.filter(({ recoveries }) => recoveries !== undefined);
  const both = [
    {
      node: 'edge1',
      fault: 'kill',
      atMs: 1500,
      detectedAtMs: 1512,
      recoveredAtMs: 1700,
      tilesRecomputed: 4,
    },
    { node: 'edge1', fault: 'return', atMs: 3000, joinedAtMs: 3480, tilesRecomputed: 0 },
  ] as const;
  const rows = recoveryRows({ ...results, trials: [{ ...trial!, recoveries: both }] });
  expect(rows.map((row) => row.slice(1))).toEqual([
    ['kill', 'edge1', '1500 ms', '12 ms', '200 ms', '4', ''],
    ['return', 'edge1', '3000 ms', '', '', '0', '480 ms'],
  ]);
  expect(rows[0]).toHaveLength(RECOVERY_HEADERS.length);
});

test('page and Markdown tell of it where something happened, and only there', async () => {
  const results = await fixtureResults();
  expect(recoveryRows(results).length).toBeGreaterThan(0);
  expect(renderMarkdown(results)).toContain(`## ${FATE}`);
  expect(await renderHtml(results)).toContain(FATE);
  const peaceful = await inPeace();
  expect(renderMarkdown(peaceful)).not.toContain(FATE);
  expect(await renderHtml(peaceful)).not.toContain(FATE);
});
