import { expect, test } from 'vitest';
import type { PlanRecord } from '../harness/results/format.ts';
import { fixtureResults } from './fixture.ts';
import { renderHtml } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import { PLAN_HEADERS, planRows } from './plans.ts';
import type { Results } from './read.ts';

const PLAN: PlanRecord = {
  plan: 0,
  source: 'edge0',
  frame: 2,
  why: 'edge1 computes 4.00 times slower',
  objective: 'latency',
  route: 'direct',
  predictedLatencyMs: 120,
  predictedIntervalMs: 100,
  stages: [
    {
      from: 0,
      to: 4,
      parts: [
        { edge: 'edge0', width: 10, height: 6 },
        { edge: 'edge1', width: 10, height: 2 },
      ],
    },
    { from: 4, to: 6, parts: [{ edge: 'edge0', width: 5, height: 4 }] },
  ],
  edges: [{ name: 'edge0', frameMs: 150 }, { name: 'edge1' }],
};

async function withPlans(...plans: PlanRecord[]): Promise<Results> {
  const results = await fixtureResults();
  const [first, ...more] = results.trials;
  return { ...results, trials: [{ ...first!, plans }, ...more] };
}

test('a row a plan: what was expected, what it took, who computed what share, and why', async () => {
  const measured = { frames: 7, latencyMs: 131, intervalMs: 110 };
  const rows = planRows(await withPlans({ ...PLAN, measured }, PLAN));
  expect(rows.map((row) => row.slice(1))).toEqual([
    [
      'frame 2 of edge0',
      '7',
      '120 ms',
      '131 ms',
      '100 ms',
      '110 ms',
      'layers 0 to 3: edge0 75 %, edge1 25 %; layers 4 to 5: edge0 100 %',
      PLAN.why,
    ],
    ['frame 2 of edge0', '', '120 ms', '', '100 ms', '', expect.any(String), PLAN.why],
  ]);
  expect(rows[0]).toHaveLength(PLAN_HEADERS.length);
});

test('page and Markdown tell of plans where there are some, and only there', async () => {
  const planned = await withPlans(PLAN);
  expect(renderMarkdown(planned)).toContain('## Plans');
  expect(await renderHtml(planned)).toContain('id="plans"');
  const fixed = await fixtureResults();
  expect(renderMarkdown(fixed)).not.toContain('## Plans');
  expect(await renderHtml(fixed)).not.toContain('id="plans"');
});
