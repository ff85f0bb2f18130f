import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { networkOf, section } from '../testing/cfg.ts';
import type { ConvolutionalLayer, ConvolutionWeights } from './network.ts';
import { syntheticWeights } from './synthetic.ts';

function sha256({ kernel, bias }: ConvolutionWeights): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of [kernel, bias]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

const conv = (filters: number) => section('convolutional', { filters, size: 3, pad: 1 });

test('are the same on every machine and in every version', async () => {
  const { layers } = await bundledNetwork('yolov2');
  const hash = (index: number) => sha256(syntheticWeights(layers[index] as ConvolutionalLayer, 7));
  expect(hash(0)).toMatchInlineSnapshot(
    `"f54b918d7ccef5ed11707eb1d92731ada6a5cafc6591296a22cc9a6f12019692"`,
  );
  expect(hash(15)).toMatchInlineSnapshot(
    `"98332795ec30d589e907cc35536f63b95c5f4502db3fc3d045df0b51a598b44f"`,
  );
});

describe('a layer', () => {
  const network = networkOf({ width: 8, height: 8 }, conv(4), conv(6), conv(6));
  const other = networkOf({ width: 32, height: 16 }, section('maxpool'), conv(6), conv(6));
  const layer = (index: number) => network.layers[index] as ConvolutionalLayer;

  test('depends on the seed', () => {
    expect(sha256(syntheticWeights(layer(0), 1))).not.toBe(sha256(syntheticWeights(layer(0), 2)));
  });

  test('depends on its place', () => {
    const again = { ...layer(1), index: 2 };
    expect(sha256(syntheticWeights(layer(1), 1))).not.toBe(sha256(syntheticWeights(again, 1)));
  });

  test('depends neither on the layers around it nor on the size of its map', () => {
    const moved = other.layers[2] as ConvolutionalLayer;
    expect(sha256(syntheticWeights(moved, 5))).toBe(sha256(syntheticWeights(layer(2), 5)));
  });

  test.each([0, -1, 2 ** 31, Number.MAX_SAFE_INTEGER])('is no row of zeros for seed %d', (seed) => {
    const { kernel } = syntheticWeights(layer(1), seed);
    expect(new Set(kernel).size).toBeGreaterThan(0.99 * kernel.length);
  });

  test('has the variance that keeps the power of what passes through', async () => {
    const { layers } = await bundledNetwork('yolov2');
    const { kernel, bias } = syntheticWeights(layers[14] as ConvolutionalLayer, 7);
    const mean = kernel.reduce((sum, weight) => sum + weight, 0) / kernel.length;
    const variance = kernel.reduce((sum, weight) => sum + weight * weight, 0) / kernel.length;
    expect(Math.abs(mean)).toBeLessThan(1e-4);
    expect(variance * 256 * 9).toBeCloseTo(2 / 1.01, 2);
    expect(Math.max(...bias.map(Math.abs))).toBeLessThanOrEqual(0.1);
  });
});
