import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrialRecord } from '../results/format.ts';
import type { Experiment } from '../spec/resolved.ts';
import { AccuracyOf } from './accuracy.ts';

const CFG = `[net]
width=32
height=32
channels=3
[convolutional]
filters=16
size=3
stride=2
pad=1
activation=leaky
[convolutional]
filters=12
size=1
stride=1
activation=linear
[region]
anchors=1,1, 2,2
classes=1
coords=4
num=2
softmax=1
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-accuracy-'));
  await writeFile(join(folder, 'small.cfg'), CFG);
});
afterAll(() => rm(folder, { recursive: true }));

function measure(precision: 'float32' | 'float16-weights' | 'int8') {
  const experiment: Partial<Experiment> = {
    model: {
      cfg: join(folder, 'small.cfg'),
      weights: { kind: 'synthetic', seed: 7 },
      labels: ['thing'],
    },
    frames: { count: 2, images: [] },
    engine: 'onnxruntime',
    threshold: 0.3,
  };
  const frame = { kind: 'generated', seed: 5, index: 0, width: 32, height: 32 } as const;
  const accuracy = new AccuracyOf(experiment as Experiment, () => [frame, { ...frame, index: 1 }]);
  const answered = { source: 'edge0', frame: 1, latencyMs: 1, detections: [] };
  return accuracy.measure({ frames: [answered] } as unknown as TrialRecord, precision);
}

test('float32 is its own reference', async () => {
  expect(await measure('float32')).toBeUndefined();
});

test('8 bits are farther off than 16, and detections that a trial lacks are missed', async () => {
  const [half, int8] = [await measure('float16-weights'), await measure('int8')];
  expect(half!.largestDifference).toBeGreaterThan(0);
  expect(int8!.largestDifference).toBeGreaterThan(2 * half!.largestDifference);
  expect(int8!.detectionsExpected).toBeGreaterThan(0);
  expect(int8!.detectionsMatched).toBe(0);
});
