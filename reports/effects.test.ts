/** Points beside the shortest, and only where they had the same frames. */
import { expect, test } from 'vitest';
import type { Parameters, TrialRecord } from '../harness/results/format.ts';
import { effectRows } from './effects.ts';
import { fixtureResults } from './fixture.ts';
import { renderHtml } from './html.ts';
import type { Results } from './read.ts';

function results(points: readonly { more: Partial<Parameters>; makespansMs: number[] }[]): Results {
  const fixture = fixtureResults();
  const like = fixture.trials.find(({ status }) => status === 'ok')!;
  const trials = points.flatMap(({ more, makespansMs }) =>
    makespansMs.map(
      (makespanMs, index): TrialRecord => ({
        ...like,
        parameters: { ...like.parameters, ...more },
        repetition: index + 1,
        makespanMs,
      }),
    ),
  );
  return { ...fixture, trials };
}

test('the shortest comes first, and what lies apart from it is large', () => {
  const rows = effectRows(
    results([
      { more: { edges: 1 }, makespansMs: [200, 210, 190] },
      { more: { edges: 2 }, makespansMs: [100, 110, 90] },
      { more: { edges: 3 }, makespansMs: [101, 90, 111] },
    ]),
  );
  expect(rows.map(([point, , , delta, effect]) => [point, delta, effect])).toEqual([
    ['2 edges', '0.00', 'negligible'],
    ['3 edges', '0.22', 'small'],
    ['1 edge', '1.00', 'large'],
  ]);
  expect(rows[2]![2]).toMatch(/^2\.00 \[1\.\d+, 2\.\d+\]$/);
});

test('other frames are not compared, and one run rules nothing out', () => {
  const apart = results([
    { more: { edges: 1 }, makespansMs: [200] },
    { more: { edges: 2 }, makespansMs: [100] },
    { more: { edges: 2, sources: 2 }, makespansMs: [50] },
  ]);
  const rows = effectRows(apart);
  expect(rows).toHaveLength(2);
  expect(rows[1]![4]).toContain('chance is not ruled out');
  expect(effectRows({ ...apart, trials: apart.trials.slice(0, 1) })).toEqual([]);
});

test('the page has them under its charts', async () => {
  expect(await renderHtml(fixtureResults())).toContain('Every point beside the shortest one');
});
