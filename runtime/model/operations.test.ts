import { expect, test } from 'vitest';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { layerMultiplyAccumulates, weightBytes } from './operations.ts';

test('the first 16 layers of YOLOv2: 13.00 GMAC, 13.04 MiB of weights', async () => {
  const { layers } = await bundledNetwork('yolov2');
  const fused = layers.slice(0, 16);
  const giga = fused.reduce((sum, layer) => sum + layerMultiplyAccumulates(layer), 0) / 1e9;
  expect(giga).toBeCloseTo(13.0, 2);
  expect(weightBytes(fused) / 2 ** 20).toBeCloseTo(13.042 + 0.008, 2);
  const tenths = (index: number) => layerMultiplyAccumulates(layers[index]!) / 1e9;
  expect(tenths(0)).toBeCloseTo(0.319, 3);
  expect(tenths(2)).toBeCloseTo(1.703, 3);
  expect(tenths(1)).toBe(0);
});

test('groups divide the work, and a part of the map costs its share', () => {
  const { layers } = networkOf(
    { width: 10, height: 6, channels: 4 },
    section('convolutional', { filters: 8, size: 3, pad: 1 }),
    section('convolutional', { filters: 8, size: 3, pad: 1, groups: 4 }),
  );
  expect(layerMultiplyAccumulates(layers[0]!)).toBe(60 * 8 * 4 * 9);
  expect(layerMultiplyAccumulates(layers[1]!)).toBe(60 * 8 * 2 * 9);
  expect(layerMultiplyAccumulates(layers[1]!, { height: 2, width: 5 })).toBe(10 * 8 * 2 * 9);
  expect(weightBytes(layers)).toBe(4 * (8 * (4 * 9 + 1) + 8 * (2 * 9 + 1)));
});
