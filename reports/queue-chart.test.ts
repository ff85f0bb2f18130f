import { expect, test } from 'vitest';
import { loadChart, speedupChart } from './charts.ts';
import { fixtureResults } from './fixture.ts';
import { loadResults } from './fixture-load.ts';
import { queueChart } from './queue-chart.ts';
import { summarize } from './summary.ts';

const results = loadResults();
const paced = results.trials.filter(({ parameters }) => parameters.rate !== undefined);

/** The corners of a path of M, H and V. */
function corners(path: string): [number, number][] {
  let [x, y] = [0, 0];
  return [...path.matchAll(/([MHV])([\d.]+)(?: ([\d.]+))?/g)].map(([, move, first, second]) => {
    if (move !== 'V') x = Number(first);
    if (move !== 'H') y = Number(second ?? first);
    return [x, y];
  });
}

test('a curve a source, from an empty queue to its largest, within the drawing', () => {
  const trial = paced.at(-1)!;
  const drawing = queueChart(trial)!;
  const paths = [...drawing.body.text.matchAll(/class="curve f\d" d="([^"]*)"><title>([^<]*)</g)];
  expect(paths.map(([, , tip]) => tip!.replace(/\d+/g, 'n'))).toEqual([
    'edgen: largest n, at the last arrival n',
    'edgen: largest n, at the last arrival n',
  ]);
  const heights = paths.map(([, path]) => {
    const points = corners(path!);
    const [, zero] = points[0]!;
    for (const [x, y] of points) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(drawing.width);
      expect(y).toBeLessThanOrEqual(zero);
    }
    const xs = points.map(([x]) => x);
    expect(xs).toEqual(xs.toSorted((a, b) => a - b));
    return zero - Math.min(...points.map(([, y]) => y));
  });
  const largest = ['edge0', 'edge1'].map((node) => trial.nodes[node]!.queue!.largest);
  expect(heights[0]! / heights[1]!).toBeCloseTo(largest[0]! / largest[1]!, 1);
});

test('back to back there is no queue, and no load', () => {
  const { trials } = fixtureResults();
  expect(queueChart(trials[0]!)).toBeUndefined();
  const { points } = summarize(fixtureResults());
  expect(loadChart(points)).toBeUndefined();
});

test('load stands beside throughput, speedups beside each other where there are both', () => {
  const { points } = summarize(results);
  const tips = (text: string) => [...text.matchAll(/<title>([^<]*)</g)].map(([, tip]) => tip);
  expect(tips(loadChart(points)!.body.text)).toEqual([
    '4fps, offered: 4 frames/s',
    '4fps, throughput: 4 frames/s',
    '2 sources, poisson 8fps, offered: 16 frames/s',
    '2 sources, poisson 8fps, throughput: 5.48 frames/s',
  ]);
  expect(tips(speedupChart(points)!.body.text)).toEqual([
    '1 edge, over local: 0.804 times',
    '2 edges, over its own run on one edge: 1.87 times',
    '2 edges, over local: 1.50 times',
  ]);
});
