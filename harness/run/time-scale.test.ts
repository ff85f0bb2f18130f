import { expect, test } from 'vitest';
import type { Experiment } from '../spec/resolved.ts';
import { scaleExperiment } from './time-scale.ts';

test('frames come, and faults strike, so many times sooner', () => {
  const experiment = {
    trials: [
      { rate: { kind: 'poisson', framesPerSecond: 0.5 } },
      { rate: { kind: 'back-to-back' } },
    ],
    faults: [{ verb: 'freeze', node: 'edge0', atMs: 2000, forMs: 400 }],
  } as unknown as Experiment;
  const scaled = scaleExperiment(experiment, 4);
  expect(scaled.trials.map(({ rate }) => rate)).toEqual([
    { kind: 'poisson', framesPerSecond: 2 },
    { kind: 'back-to-back' },
  ]);
  expect(scaled.faults).toEqual([{ verb: 'freeze', node: 'edge0', atMs: 500, forMs: 100 }]);
  expect(scaleExperiment(experiment, 1)).toBe(experiment);
});
