import { expect, test } from 'vitest';
import type { Parameters } from '../harness/results/format.ts';
import { type Speedups, speedupsOf, type Timed } from './speedup.ts';

const tiled: Parameters = {
  edges: 2,
  grid: '5x5',
  fusedLayers: 16,
  strategy: 'deepthings',
  reuse: true,
};
const local: Parameters = { ...tiled, edges: 1, grid: '1x1', strategy: 'local', reuse: false };

function timed(parameters: Parameters, ...makespansMs: number[]): Timed {
  return { parameters, makespansMs };
}

const baselines = [timed(local, 900), timed({ ...tiled, edges: 1 }, 1200)];

function speedupOf(point: Timed, others: readonly Timed[]): Speedups {
  return speedupsOf([...others, point], 1).at(-1)!;
}

function medians(point: Timed, points: readonly Timed[] = baselines) {
  const { overOneEdge, overLocal } = speedupOf(point, points);
  return [overOneEdge?.median, overLocal?.median];
}

test('both baselines are told, and neither is compared with itself', () => {
  expect(medians(timed(tiled, 600))).toEqual([2, 1.5]);
  expect(medians(baselines[1]!)).toEqual([undefined, 0.75]);
  expect(medians(baselines[0]!)).toEqual([undefined, undefined]);
});

test('the ratio is that of medians, with an interval where both have repetitions', () => {
  const slow = timed({ ...tiled, edges: 1 }, 1200, 1000, 1100);
  const fast = timed(tiled, 500, 550, 600);
  const { overOneEdge } = speedupOf(fast, [slow]);
  expect(overOneEdge!.median).toBe(2);
  expect(overOneEdge!.low).toBeGreaterThanOrEqual(1000 / 600);
  expect(overOneEdge!.high).toBeLessThanOrEqual(1200 / 500);
  expect(overOneEdge!.low).toBeLessThan(2);
  expect(speedupOf(timed(tiled, 600), [slow]).overOneEdge).toMatchObject({ low: undefined });
});

test.each<[string, Partial<Parameters>]>([
  ['other fused layers', { fusedLayers: 8 }],
  ['another number of sources', { sources: 2 }],
  ['a parameter that later versions add', { threads: 4 } as Partial<Parameters>],
])('%s are no baseline', (_, change) => {
  expect(medians(timed({ ...tiled, ...change }, 600))).toEqual([undefined, undefined]);
});

test('another grid or no reuse has a local baseline, and no run on one edge', () => {
  expect(medians(timed({ ...tiled, grid: '3x3' }, 600))).toEqual([undefined, 1.5]);
  expect(medians(timed({ ...tiled, reuse: false }, 600))).toEqual([undefined, 1.5]);
});

test('at a rate the makespan says nothing of the system', () => {
  const rate = { rate: '2fps' };
  const paced = baselines.map(({ parameters }) => timed({ ...parameters, ...rate }, 900));
  expect(medians(timed({ ...tiled, ...rate }, 600), paced)).toEqual([undefined, undefined]);
  const unpaced = baselines.map(({ parameters, makespansMs }) =>
    timed({ ...parameters, rate: 'back-to-back' }, ...makespansMs),
  );
  expect(medians(timed({ ...tiled, rate: 'back-to-back' }, 600), unpaced)).toEqual([2, 1.5]);
});

test('a baseline of which every run failed is none', () => {
  expect(medians(timed(tiled, 600), [timed(local)])).toEqual([undefined, undefined]);
  expect(medians(timed(tiled), baselines)).toEqual([undefined, undefined]);
});
