import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { networkOf, section } from '../testing/cfg.ts';
import { randomFloats, seededRandom } from '../testing/random.ts';
import type { ConvolutionalLayer, Network } from './network.ts';
import { foldBatchNormalization, kernelFloats, layerFloats, WeightsFile } from './weights.ts';

/** Three convolutions with something between them: plain, batch-normalised, and in groups. */
const NETWORK = networkOf(
  { width: 8, height: 8, channels: 4 },
  section('convolutional', { filters: 6, size: 3, pad: 1 }),
  section('maxpool', { size: 2, stride: 2 }),
  section('convolutional', { filters: 4, size: 1, batch_normalize: 1 }),
  section('route', { layers: '-1' }),
  section('convolutional', { filters: 8, size: 3, groups: 2, batch_normalize: 1 }),
);
const FLOATS = 6 + 6 * 4 * 9 + (4 * 4 + 4 * 6) + (4 * 8 + 8 * 2 * 9);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weights-'));
});
afterAll(() => rm(folder, { recursive: true }));

function convolution(network: Network, index: number): ConvolutionalLayer {
  return network.layers[index] as ConvolutionalLayer;
}

/** A weights file: version, count of seen images in 4 or 8 bytes, then floats. */
async function write(
  name: string,
  floats: Float32Array,
  { major = 0, minor = 2 }: { major?: number; minor?: number } = {},
): Promise<string> {
  const seen = Buffer.alloc(major * 10 + minor >= 2 ? 8 : 4, 0x7f);
  const version = Buffer.alloc(12);
  version.writeInt32LE(major, 0);
  version.writeInt32LE(minor, 4);
  version.writeInt32LE(5, 8);
  const body = Buffer.alloc(4 * floats.length);
  for (const [index, value] of floats.entries()) body.writeFloatLE(value, 4 * index);
  const path = join(folder, name);
  await writeFile(path, Buffer.concat([version, seen, body]));
  return path;
}

/** Counts up, so that every float tells where in the file it stood. Variances must not be negative. */
const COUNTING = Float32Array.from({ length: FLOATS }, (_, index) => index);

describe('a file', () => {
  test.each([
    { name: 'old, with 16 bytes of header', version: { major: 0, minor: 1 } },
    { name: 'of today, with 20 bytes of header', version: { major: 0, minor: 2 } },
    { name: 'of a later major version', version: { major: 1, minor: 0 } },
  ])('$name', async ({ version }) => {
    const file = await WeightsFile.open(await write('v.weights', COUNTING, version), NETWORK);
    const first = await file.read(0);
    const last = await file.read(4);
    await file.close();
    expect([...first.bias]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(first.kernel).toHaveLength(6 * 4 * 9);
    expect(first.kernel[0]).toBe(6);
    expect(first.kernel.at(-1)).toBe(6 + 6 * 4 * 9 - 1);
    expect(last.bias).toHaveLength(8);
    expect(last.kernel).toHaveLength(8 * 2 * 9);
  });

  test('is read in any order, a layer at a time, and again', async () => {
    const file = await WeightsFile.open(await write('order.weights', COUNTING), NETWORK);
    const forwards = [await file.read(0), await file.read(2), await file.read(4)];
    const backwards = [await file.read(4), await file.read(2), await file.read(0)].reverse();
    await file.close();
    expect(backwards).toEqual(forwards);
  });

  test('gives no weights for a layer that has none', async () => {
    const file = await WeightsFile.open(await write('none.weights', COUNTING), NETWORK);
    await expect(file.read(1)).rejects.toThrow('layer 1 has no weights');
    await expect(file.read(99)).rejects.toThrow('layer 99 has no weights');
    await file.close();
  });
});

describe('a file that does not fit', () => {
  const open = async (name: string, floats: Float32Array) =>
    WeightsFile.open(await write(name, floats), NETWORK);

  test('because it is cut short tells both counts', async () => {
    await expect(open('short.weights', COUNTING.subarray(1))).rejects.toMatchObject({
      code: 'INPUT',
      message: `${join(folder, 'short.weights')} holds ${FLOATS - 1} floats, but test wants ${FLOATS}`,
      hint: 'the file is cut short or belongs to another cfg',
    });
  });

  test('because it is too long tells both counts', async () => {
    const longer = Float32Array.from([...COUNTING, 1, 2]);
    await expect(open('long.weights', longer)).rejects.toMatchObject({
      message: expect.stringContaining(`holds ${FLOATS + 2} floats, but test wants ${FLOATS}`),
      hint: 'the file belongs to another cfg',
    });
  });

  test('because it ends inside a float', async () => {
    const path = await write('odd.weights', COUNTING);
    await writeFile(path, Buffer.alloc(2), { flag: 'a' });
    await expect(WeightsFile.open(path, NETWORK)).rejects.toThrow(`holds ${FLOATS + 0.5} floats`);
  });

  test.each([
    ['empty', Buffer.alloc(0), 'it has 0 bytes'],
    ['of 11 bytes', Buffer.alloc(11), 'it has 11 bytes'],
    ['of text', Buffer.from('this is no weights file at all'), /version \d+\.\d+/],
    ['with a negative version', Buffer.alloc(20, 0xff), 'version -1.-1'],
  ])('because it is %s', async (name, bytes, message) => {
    const path = join(folder, `${name}.bin`);
    await writeFile(path, bytes);
    await expect(WeightsFile.open(path, NETWORK)).rejects.toThrow(message);
  });

  test('because it is not there', async () => {
    const path = join(folder, 'absent.weights');
    await expect(WeightsFile.open(path, NETWORK)).rejects.toMatchObject({
      code: 'INPUT',
      message: `cannot read the weights ${path}`,
      cause: { code: 'ENOENT' },
    });
  });
});

describe('batch normalisation', () => {
  const layer = convolution(NETWORK, 4);
  const { filters } = layer;

  /** Biases, scales, means, variances, kernel, as Darknet trains them. */
  function trained(seed: number): Float32Array {
    const floats = randomFloats(layerFloats(layer), seed);
    const random = seededRandom(seed);
    for (let filter = 0; filter < filters; filter++) {
      floats[3 * filters + filter] = 0.05 + 3 * random();
    }
    return floats;
  }

  test('folds into what normalising every output would give, in double precision', () => {
    const floats = trained(1);
    const perFilter = kernelFloats(layer) / filters;
    const inputs = randomFloats(perFilter, 2);
    const { kernel, bias } = foldBatchNormalization(layer, floats.slice());
    for (let filter = 0; filter < filters; filter++) {
      const weights = (from: Float32Array, start: number) =>
        from.subarray(start + filter * perFilter, start + (filter + 1) * perFilter);
      const dot = (row: Float32Array) =>
        row.reduce((sum, weight, index) => sum + weight * inputs[index]!, 0);
      const raw = dot(weights(floats, 4 * filters));
      const [shift, scale, mean, variance] = [0, 1, 2, 3].map(
        (part) => floats[part * filters + filter]!,
      );
      const expected = (scale! * (raw - mean!)) / (Math.sqrt(variance!) + 1e-6) + shift!;
      expect(dot(weights(kernel, 0)) + bias[filter]!).toBeCloseTo(expected, 5);
    }
  });

  test('with mean 0, variance 1 and scale 1 changes next to nothing', () => {
    const floats = trained(3);
    floats.fill(1, filters, 2 * filters).fill(0, 2 * filters, 3 * filters);
    floats.fill(1, 3 * filters, 4 * filters);
    const { kernel, bias } = foldBatchNormalization(layer, floats.slice());
    expect([...bias]).toEqual([...floats.subarray(0, filters)]);
    for (const [index, weight] of kernel.entries()) {
      expect(weight).toBeCloseTo(floats[4 * filters + index]!, 5);
    }
  });

  test('does not divide by a variance of 0', () => {
    const floats = trained(4).fill(0, 3 * filters, 4 * filters);
    const { kernel, bias } = foldBatchNormalization(layer, floats);
    expect([...kernel, ...bias].every(Number.isFinite)).toBe(true);
  });

  test('is left out where the layer has none', () => {
    const plain = convolution(NETWORK, 0);
    const floats = randomFloats(layerFloats(plain), 5);
    const { kernel, bias } = foldBatchNormalization(plain, floats.slice());
    expect(bias).toEqual(floats.slice(0, 6));
    expect(kernel).toEqual(floats.slice(6));
  });
});
