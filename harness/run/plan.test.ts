import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Experiment, Sources, Testbed } from '../spec/resolved.ts';
import { interleave, planTrials, type TrialInputs, withReferences } from './plan.ts';

const TESTBED: Testbed = {
  name: 'two',
  file: '/somewhere/two.yaml',
  text: '',
  seed: 1,
  provider: 'local',
  subnet: '10.0.0.0/24',
  tolerate: [],
  security: 'psk',
  nodes: [
    { name: 'gateway', role: 'gateway', address: '10.0.0.2' },
    { name: 'edge0', role: 'edge', address: '10.0.0.3' },
    { name: 'edge1', role: 'edge', address: '10.0.0.4' },
  ],
  providerBlock: {},
};
const POINT = { edges: 1, grid: '5x5', fusedLayers: 16, strategy: 'ftp-wst', reuse: false };
const STRATEGY = {
  name: 'ftp-wst',
  reuse: false,
  order: 'checkerboard',
  align: 'per-layer',
} as const;
const SUPPLY = {
  sources: ['edge0'],
  precision: 'float32',
  rate: { kind: 'back-to-back' },
} as const;
const EXPERIMENT: Experiment = {
  name: 'some',
  file: '/somewhere/some.yaml',
  text: '',
  seed: 1,
  model: { cfg: 'yolov2.cfg', weights: { kind: 'synthetic', seed: 7 }, labels: [] },
  frames: { count: 4, images: [] },
  trials: [
    { parameters: POINT, grid: { rows: 5, columns: 5 }, strategy: STRATEGY, ...SUPPLY },
    {
      parameters: { ...POINT, edges: 0, grid: '3x3' },
      grid: { rows: 3, columns: 3 },
      strategy: STRATEGY,
      ...SUPPLY,
    },
  ],
  engine: 'onnxruntime',
  threshold: 0.24,
  framesInFlight: 3,
  transfer: { frames: 'pixels', halos: 'direct' },
  repeat: 1,
  warmup: 1,
  timeoutMs: 1000,
  liveness: { heartbeatMs: 500, lostAfterMs: 2000 },
  faults: [],
};
const INPUTS: TrialInputs = {
  runtimeHash: 'r',
  cfgHash: 'c',
  weightsHash: 'w',
  pictureHashes: [],
};

function withTrials(changes: Partial<Experiment['trials'][number]>): Experiment {
  return { ...EXPERIMENT, trials: EXPERIMENT.trials.map((trial) => ({ ...trial, ...changes })) };
}

function ids(experiment = EXPERIMENT, testbed = TESTBED, inputs = INPUTS): string[] {
  return planTrials(experiment, testbed, inputs).map(({ trial }) => trial);
}

describe('planTrials', () => {
  test('no number of edges means all', () => {
    const [first, second] = planTrials(EXPERIMENT, TESTBED, INPUTS);
    expect([first!.parameters.edges, second!.parameters.edges]).toEqual([1, 2]);
  });

  test('a trial keeps its identity when only words change', () => {
    expect(ids({ ...EXPERIMENT, description: 'other', text: '# other' })).toEqual(ids());
    expect(ids(EXPERIMENT, { ...TESTBED, description: 'other', file: '/moved.yaml' })).toEqual(
      ids(),
    );
    expect(ids({ ...EXPERIMENT, repeat: 9, timeoutMs: 5 })).toEqual(ids());
  });

  test.each<[string, () => string[]]>([
    ['the seed', () => ids({ ...EXPERIMENT, seed: 2 })],
    ['the frames', () => ids({ ...EXPERIMENT, frames: { count: 5, images: [] } })],
    ['other sources', () => ids(withTrials({ sources: ['edge1'] }))],
    ['another rate', () => ids(withTrials({ parameters: { ...POINT, rate: '2fps' } }))],
    [
      'the faults',
      () => ids({ ...EXPERIMENT, faults: [{ verb: 'kill', node: 'edge1', atMs: 1 }] }),
    ],
    [
      'how frames travel',
      () => ids({ ...EXPERIMENT, transfer: { ...EXPERIMENT.transfer, frames: 'floats' } }),
    ],
    [
      'how halos travel',
      () => ids({ ...EXPERIMENT, transfer: { ...EXPERIMENT.transfer, halos: 'gateway' } }),
    ],
    ['the threshold', () => ids({ ...EXPERIMENT, threshold: 0.5 })],
    ['the security', () => ids(EXPERIMENT, { ...TESTBED, security: 'none' })],
    ['the runtime', () => ids(EXPERIMENT, TESTBED, { ...INPUTS, runtimeHash: 'other' })],
    ['the weights', () => ids(EXPERIMENT, TESTBED, { ...INPUTS, weightsHash: 'other' })],
    ['a picture', () => ids(EXPERIMENT, TESTBED, { ...INPUTS, pictureHashes: ['p'] })],
  ])('and is another one with %s', (_, changed) => {
    const before = ids();
    for (const [index, id] of changed().entries()) expect(id).not.toBe(before[index]);
  });
});

test('how things travel is nothing to a trial in which nothing does', () => {
  const local = withTrials({ strategy: { ...STRATEGY, name: 'local' } });
  expect(ids({ ...local, transfer: { frames: 'floats', halos: 'gateway' } })).toEqual(ids(local));
});

describe('sources', () => {
  const sourcesOf = (sources: Sources) =>
    planTrials(
      { ...EXPERIMENT, trials: EXPERIMENT.trials.map((trial) => ({ ...trial, sources })) },
      TESTBED,
      INPUTS,
    ).map((trial) => [trial.sources, trial.parameters.sources]);

  test('a number is so many from the first on', () => {
    expect(sourcesOf(1)).toEqual([
      [['edge0'], undefined],
      [['edge0'], undefined],
    ]);
  });

  test('all are those that take part in the trial, and the parameters say how many', () => {
    expect(sourcesOf('all')).toEqual([
      [['edge0'], 1],
      [['edge0', 'edge1'], 2],
    ]);
  });

  test('names are what they say', () => {
    expect(sourcesOf(['edge1'])[1]).toEqual([['edge1'], undefined]);
  });
});

describe('interleave', () => {
  test('every round holds every trial once, and a seed gives one order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(8), fc.nat(), (count, repeat, seed) => {
        const trials = Array.from({ length: count }, (_, index) => ({
          trial: String(index),
          parameters: POINT,
          grid: { rows: 1, columns: 1 },
          strategy: STRATEGY,
          ...SUPPLY,
        }));
        const order = interleave(trials, repeat, seed);
        expect(order).toEqual(interleave(trials, repeat, seed));
        for (let round = 0; round < repeat; round++) {
          const part = order.slice(round * count, (round + 1) * count);
          expect(new Set(part.map(({ trial }) => trial)).size).toBe(count);
          expect(part.every(({ repetition }) => repetition === round + 1)).toBe(true);
        }
      }),
    );
  });

  test('rounds differ in their order', () => {
    const trials = Array.from({ length: 10 }, (_, index) => ({
      trial: String(index),
      parameters: POINT,
      grid: { rows: 1, columns: 1 },
      strategy: STRATEGY,
      ...SUPPLY,
    }));
    const order = interleave(trials, 5, 1).map(({ trial }) => trial);
    const rounds = new Set(
      [0, 1, 2, 3, 4].map((round) => order.slice(10 * round, 10 * round + 10).join()),
    );
    expect(rounds.size).toBeGreaterThan(3);
  });

  test('the reference runs first, last, and after every so many', () => {
    const trials = ['a', 'b', 'c'].map((trial) => ({
      trial,
      parameters: POINT,
      grid: { rows: 1, columns: 1 },
      strategy: STRATEGY,
      ...SUPPLY,
    }));
    const plain = interleave(trials, 2, 1);
    expect(withReferences(plain, trials[0]!, 2, undefined)).toEqual(plain);
    const order = withReferences(plain, trials[0]!, 2, 4);
    expect(order.map(({ reference }) => reference === true)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8].map((place) => [0, 5, 8].includes(place)),
    );
    const names = order.map(({ trial, repetition }) => `${trial}-${repetition}`);
    expect(names.filter((name) => ['a-3', 'a-4', 'a-5'].includes(name))).toHaveLength(3);
    expect(new Set(names).size).toBe(9);
  });
});
