/** Figure 15 of measured trials: the fused layers alone, over both baselines. */
import { expect, test } from 'vitest';
import type { Parameters, Trace, TrialRecord } from '../../harness/results/format.ts';
import type { Results } from '../read.ts';
import { fusedLayersPanels } from './fused-layers.ts';

interface Point {
  readonly parameters: Partial<Parameters>;
  readonly latencyMs: number;
  /** What the gateway took behind the fused layers; undefined: there is no trace. */
  readonly behindMs: number | undefined;
  readonly invalid?: true;
}

function resultsOf(points: readonly Point[]): Results {
  const trials = points.map(
    ({ parameters, latencyMs, invalid }, index) =>
      ({
        trial: `t${index}`,
        repetition: 1,
        status: 'ok',
        parameters: {
          edges: 6,
          grid: '3x3',
          fusedLayers: 4,
          strategy: 'deepthings',
          reuse: true,
          ...parameters,
        },
        frames: [{ source: 'edge0', frame: 0, latencyMs, detections: [] }],
        nodes: { edge0: { bytesSent: 2 ** 20 } },
        ...(invalid && { verdict: { verdict: 'invalid', reasons: [] } }),
      }) as unknown as TrialRecord,
  );
  const traces = points.flatMap(({ behindMs }, index): Trace[] => {
    if (behindMs === undefined) return [];
    const span = { node: 'gateway', source: 'edge0', frame: 0 };
    const spans = [
      { ...span, kind: 'finish', startMs: 100, endMs: 100 + behindMs / 2 },
      { ...span, kind: 'detect', startMs: 100 + behindMs / 2, endMs: 100 + behindMs },
      { ...span, kind: 'finish', frame: 1, startMs: 500, endMs: 900 },
    ] as const;
    return [{ trial: `t${index}`, repetition: 1, clockErrorMs: {}, spans }];
  });
  return { trials, traces } as unknown as Results;
}

test('what the gateway does behind the fused layers is in no latency', () => {
  const panels = fusedLayersPanels(
    resultsOf([
      { parameters: { edges: 1 }, latencyMs: 9000, behindMs: 1000 },
      { parameters: {}, latencyMs: 3000, behindMs: 1000 },
      { parameters: { grid: '5x5' }, latencyMs: 5000, behindMs: 1000 },
      {
        parameters: { edges: 1, grid: '1x1', strategy: 'local', reuse: false },
        latencyMs: 7000,
        behindMs: 1000,
      },
    ]),
  );
  expect(panels['speedup']!['4 layers']).toEqual([4, null, 2]);
  expect(panels['speedup-plain']!['4 layers']).toEqual([3, null, 1.5]);
  expect(panels['one-device']!['4 layers']).toEqual([8, null, null]);
  expect(panels['communication']!['4 layers']).toEqual([1, null, 1]);
  expect(panels['speedup']!['16 layers']).toEqual([null, null, null]);
});

test('without its trace, or invalid, a trial is in no speedup', () => {
  const base = { parameters: { edges: 1 }, latencyMs: 9000, behindMs: 1000 };
  const without = { parameters: {}, latencyMs: 3000, behindMs: undefined };
  const invalid = { ...base, parameters: {}, invalid: true } as const;
  const none = [null, null, null];
  for (const one of [without, invalid]) {
    expect(fusedLayersPanels(resultsOf([base, one]))['speedup']!['4 layers']).toEqual(none);
  }
});
