import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { networkOf, section } from '../testing/cfg.ts';
import { loadNetwork, openWeights } from './load.ts';
import { syntheticWeights } from './synthetic.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'model-'));
});
afterAll(() => rm(folder, { recursive: true }));

const NETWORK = networkOf(
  { width: 4, height: 4, channels: 1 },
  section('convolutional', { filters: 2 }),
  section('maxpool'),
);

test('a network comes from its file, named after it', async () => {
  const path = join(folder, 'small.cfg');
  await writeFile(path, '[net]\nwidth=4\nheight=6\n[conv]\nfilters=2\n');
  expect(await loadNetwork(path)).toMatchObject({ name: 'small', layers: [{ filters: 2 }] });
});

test('a file that is not there is an error of the user', async () => {
  const path = join(folder, 'absent.cfg');
  await expect(loadNetwork(path)).rejects.toMatchObject({
    code: 'INPUT',
    message: `cannot read the network ${path}`,
  });
});

test('weights come from a seed', async () => {
  const weights = await openWeights({ kind: 'synthetic', seed: 3 }, NETWORK);
  const [layer] = NETWORK.layers;
  if (layer?.kind !== 'convolutional') throw new Error('not a convolution');
  expect(await weights.read(0)).toEqual(syntheticWeights(layer, 3));
  await expect(weights.read(1)).rejects.toThrow('layer 1 has no weights');
  await weights.close();
});

test('weights come from a file', async () => {
  const path = join(folder, 'small.weights');
  const floats = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);
  await writeFile(path, Buffer.concat([Buffer.alloc(16), floats]));
  const weights = await openWeights({ kind: 'file', path }, NETWORK);
  expect(await weights.read(0)).toEqual({
    bias: Float32Array.of(1, 2),
    kernel: Float32Array.of(3, 4),
  });
  await weights.close();
});
