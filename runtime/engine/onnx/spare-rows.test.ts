import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConvolutionalLayer } from '../../model/network.ts';
import { bundledNetwork } from '../../testing/bundled-network.ts';
import { networkOf, section } from '../../testing/cfg.ts';
import { needsSpareRows, spareRows, spareRowValues } from './spare-rows.ts';

function convolution(channels: number, keys: Record<string, number>): ConvolutionalLayer {
  const layer = networkOf({ width: 9, height: 9, channels }, section('convolutional', keys));
  return layer.layers[0] as ConvolutionalLayer;
}

test('no layer of YOLOv2 pays for it on x64', async () => {
  const { layers } = await bundledNetwork('yolov2');
  expect(layers.filter((layer) => needsSpareRows(layer, 'x64'))).toEqual([]);
});

test('elsewhere, every sum of more than 128 products needs it', async () => {
  const { layers } = await bundledNetwork('yolov2');
  const indices = layers
    .filter((layer) => needsSpareRows(layer, 'arm64'))
    .map(({ index }) => index);
  const convolutions = layers.filter(({ kind }) => kind === 'convolutional');
  // Layer 0 adds up 27 products, and layer 5 exactly 128.
  const expected = convolutions
    .map(({ index }) => index)
    .filter((index) => index !== 0 && index !== 5);
  expect(indices).toEqual(expected);
});

describe('on x64', () => {
  test.each([
    { channels: 7, keys: { filters: 5, size: 5 }, spare: false },
    { channels: 12, keys: { filters: 5, size: 5 }, spare: false },
    { channels: 9, keys: { filters: 8, size: 1 }, spare: true },
    { channels: 16, keys: { filters: 16, size: 3, groups: 16 }, spare: false },
    { channels: 13, keys: { filters: 13, size: 3, groups: 13 }, spare: true },
    { channels: 32, keys: { filters: 32, size: 3, groups: 2 }, spare: false },
    { channels: 24, keys: { filters: 48, size: 3, groups: 2 }, spare: true },
  ])('$channels channels, $keys: $spare', ({ channels, keys, spare }) => {
    expect(needsSpareRows(convolution(channels, keys), 'x64')).toBe(spare);
  });
});

test('the rows lift a small map above 64 elements, and leave a large one as it is', () => {
  const layer = convolution(17, { filters: 4, size: 3 });
  const side = fc.integer({ min: 1, max: 100 });
  fc.assert(
    fc.property(side, side, (height, width) => {
      const rows = spareRows(layer, { height, width }, 'arm64');
      expect((height + rows) * width).toBeGreaterThan(64);
      if (rows > 0) expect((height + rows - 1) * width).toBeLessThanOrEqual(64);
    }),
  );
});

test('a stride multiplies the rows that the input needs', () => {
  const layer = convolution(17, { filters: 4, size: 3, stride: 2 });
  expect(spareRowValues(layer, { channels: 4, height: 4, width: 5 })).toEqual({
    spare0: [0, 0, 0, 0, 0, 0, 18, 0],
    rows0: [4],
  });
});
