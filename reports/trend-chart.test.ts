import { expect, test } from 'vitest';
import type { Parameters } from '../harness/results/format.ts';
import type { Drawing } from './drawing.ts';
import { fixtureResults } from './fixture.ts';
import { type PointSummary, summarize } from './summary.ts';
import { trendCharts } from './trend-chart.ts';

const [measured] = summarize(fixtureResults()).points;

function point(parameters: Partial<Parameters>, latencyMs: number): PointSummary {
  return {
    ...measured!,
    parameters: { ...measured!.parameters, ...parameters },
    latencyMs: { median: latencyMs, low: latencyMs - 1, high: latencyMs + 1, count: 3 },
  };
}

function tips({ body }: Drawing): string[] {
  return [...body.text.matchAll(/<title>([^<]*)</g)].map(([, tip]) => tip!);
}

test('a line of three values has a mark for each, with its interval, in their order', () => {
  const [chart, ...others] = trendCharts([8, 2, 1].map((edges) => point({ edges }, 80 / edges)));
  expect(others).toEqual([]);
  expect(chart!.title).toBe('Latency by edges');
  expect(tips(chart!)).toEqual([
    '5x5, 16 fused, deepthings, reuse, edges 1: 80 ms [79, 81]',
    '5x5, 16 fused, deepthings, reuse, edges 2: 40 ms [39, 41]',
    '5x5, 16 fused, deepthings, reuse, edges 8: 10 ms [9, 11]',
  ]);
});

test('two values make no line', () => {
  expect(trendCharts([1, 2].map((edges) => point({ edges }, 80 / edges)))).toEqual([]);
});

test('what has no edges to share with is a line from side to side', () => {
  const [chart] = trendCharts([
    point({ strategy: 'local', edges: 1 }, 90),
    ...[1, 2, 3].map((edges) => point({ edges }, 80 / edges)),
  ]);
  expect(tips(chart!).filter((tip) => tip.startsWith('local'))).toEqual([
    'local, edges 1: 90 ms [89, 91]',
    'local, edges 2: 90 ms [89, 91]',
    'local, edges 3: 90 ms [89, 91]',
  ]);
});

test('many lines are told by grid, those that have none beside each', () => {
  const edges = [1, 2, 3];
  const lines = ['3x3', '5x5'].flatMap((grid) =>
    ['ftp-wsh', 'ftp-wst', 'deepthings'].map((strategy) => ({ grid, strategy })),
  );
  const points = [...lines, { strategy: 'modnn' }].flatMap((line) =>
    edges.map((count) => point({ ...line, edges: count }, 60 / count)),
  );
  const charts = trendCharts(points);
  expect(charts.map(({ title }) => title)).toEqual([
    'Latency by edges, 3x3',
    'Latency by edges, 5x5',
  ]);
  for (const chart of charts) expect(tips(chart)).toHaveLength(4 * edges.length);
});

test('more lines than anybody reads are no chart, however large the matrix', () => {
  const points = Array.from({ length: 1000 }, (_, index) =>
    point({ edges: 1 + (index % 5), rate: `${1 + Math.floor(index / 5)}fps` }, 60),
  );
  expect(trendCharts(points)).toEqual([]);
});
