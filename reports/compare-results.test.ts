/** Regressions are told from chance, and from what only one of two results has. */
import { expect, test } from 'vitest';
import type { Parameters, TrialRecord } from '../harness/results/format.ts';
import { compareResults } from './compare-results.ts';
import { comparisonMarkdown, comparisonText } from './compare-text.ts';
import type { Results } from './read.ts';

const POINT: Parameters = {
  edges: 2,
  grid: '5x5',
  fusedLayers: 16,
  strategy: 'ftp-wst',
  reuse: false,
};

function results(latenciesMs: readonly number[], parameters = POINT, cpu = 'a CPU'): Results {
  const trials = latenciesMs.map(
    (latencyMs, index) =>
      ({
        parameters,
        status: 'ok',
        repetition: index + 1,
        throughputFps: 1000 / latencyMs,
        frames: [{ latencyMs }],
        nodes: {},
      }) as unknown as TrialRecord,
  );
  const manifest = {
    seed: 1,
    testbed: { text: '' },
    model: {},
    versions: {},
    host: { cpuModel: cpu },
  };
  return { folder: '', manifest, trials, traces: [], damagedLines: [] } as unknown as Results;
}

const BEFORE = [100, 101, 99, 100, 102, 98];

test.each([
  { name: 'twice as long', after: [200, 202, 198, 201, 199, 200], change: 'worse', effect: 1 },
  { name: 'half as long', after: [50, 51, 49, 50, 50, 50], change: 'better', effect: -1 },
  { name: 'the same', after: [101, 100, 99, 98, 102, 100], change: 'same', effect: 0 },
  { name: 'scattered', after: [60, 90, 95, 140, 160, 170], change: 'unclear', effect: 0 },
])('$name is $change', ({ after, change, effect }) => {
  const { points } = compareResults(results(BEFORE), results(after), 'latency', 0.05);
  expect(points.map((point) => point.change)).toEqual([change]);
  expect(points[0]!.effect).toBeCloseTo(effect, 0);
});

test('more frames a second are better', () => {
  const [before, after] = [results(BEFORE), results([50, 51, 49, 50, 50, 50])];
  expect(compareResults(before, after, 'throughput', 0.05).points[0]!.change).toBe('better');
});

test('a threshold that is not passed is no regression', () => {
  const [before, after] = [results(BEFORE), results(BEFORE.map((value) => 1.08 * value))];
  expect(compareResults(before, after, 'latency', 0.1).points[0]!.change).toBe('same');
  expect(compareResults(before, after, 'latency', 0.05).points[0]!.change).toBe('worse');
});

test('invalid trials are not compared, and single ones have no interval', () => {
  const after = results([500, 100]);
  const [first, ...others] = after.trials;
  const invalid = { ...first!, verdict: { verdict: 'invalid', reasons: [] } } as TrialRecord;
  const comparison = compareResults(
    results([100]),
    { ...after, trials: [invalid, ...others] },
    'latency',
    0.05,
  );
  expect(comparison.points[0]!.ratio).toEqual({ median: 1, low: undefined, high: undefined });
  expect(comparisonText(comparison)).toContain('has no interval');
});

test('what only one of them has, and what else is different, is told', () => {
  const after = results(BEFORE, { ...POINT, edges: 4 }, 'another CPU');
  const comparison = compareResults(results(BEFORE), after, 'latency', 0.05);
  expect(comparison.points).toEqual([]);
  expect(comparison.unmatched).toHaveLength(2);
  expect(comparison.differences).toEqual(['CPU']);
  expect(comparisonMarkdown(comparison)).toContain('Not the same in both: CPU.');
});

test('results whose frames travelled in another way say so', () => {
  const after = results(BEFORE);
  const transfer = { frames: 'floats', halos: 'direct' } as const;
  const { differences } = compareResults(
    results(BEFORE),
    { ...after, manifest: { ...after.manifest, transfer } },
    'latency',
    0.05,
  );
  expect(differences).toEqual(['what travelled']);
});
