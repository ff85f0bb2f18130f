/** The promise of a grid: tiles give the very bits of the whole network, whatever its layers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elements } from '../../model/network.ts';
import { computableChain } from '../arbitrary-network.ts';
import { bundledNetwork } from '../bundled-network.ts';
import { networkOf, section } from '../cfg.ts';
import { computeTiled, computeWhole, difference, NO_DIFFERENCE, segmentSpec } from '../compute.ts';
import { randomFloats } from '../random.ts';
import type { LoadEngine } from './load.ts';

/** Networks whose tiles once differed from the whole, with the reason. */
const HARD_CASES = [
  {
    reason: 'sums of more than 128 products over small maps, channels not in blocks',
    input: { width: 13, height: 13, channels: 3 },
    layers: [
      section('convolutional', { filters: 17, size: 3, pad: 1, activation: 'leaky' }),
      section('convolutional', { filters: 5, size: 3, pad: 1, activation: 'linear' }),
    ],
  },
  {
    reason: 'the same with groups',
    input: { width: 12, height: 9, channels: 4 },
    layers: [
      section('convolutional', { filters: 12, size: 1, activation: 'leaky' }),
      section('convolutional', { filters: 12, size: 5, pad: 1, groups: 2, activation: 'relu' }),
    ],
  },
  {
    reason: 'mish over maps whose last elements do not fill a vector',
    input: { width: 11, height: 7, channels: 3 },
    layers: [section('convolutional', { filters: 8, size: 3, pad: 1, activation: 'mish' })],
  },
  {
    reason: 'tiles of one element',
    input: { width: 5, height: 5, channels: 6 },
    layers: [section('convolutional', { filters: 18, size: 1, groups: 2, activation: 'logistic' })],
  },
  {
    reason: 'a depthwise window as wide as its tile',
    input: { width: 6, height: 5, channels: 3 },
    layers: [
      section('convolutional', { filters: 3, size: 5, pad: 1, groups: 3, activation: 'leaky' }),
    ],
  },
  {
    reason: 'a filter left over behind blocks of 48',
    input: { width: 11, height: 24, channels: 60 },
    layers: [section('convolutional', { filters: 97, size: 1, activation: 'linear' })],
  },
  {
    reason: 'a position left over behind blocks of 24',
    input: { width: 14, height: 7, channels: 64 },
    layers: [section('convolutional', { filters: 16, size: 3, pad: 1, activation: 'leaky' })],
  },
];

export function tilesContract(load: LoadEngine): void {
  test('random networks in random grids', async () => {
    await fc.assert(
      fc.asyncProperty(computableChain, fc.nat(), async ({ network, grid }, seed) => {
        const input = randomFloats(elements(network.input), seed);
        const [whole] = await computeWhole(segmentSpec(network), input, await load());
        const tiled = await computeTiled(network, grid, network.layers.length, input, await load());
        expect(difference(tiled, whole!.data)).toEqual(NO_DIFFERENCE);
      }),
      { numRuns: 200, seed: 21 },
    );
  }, 120_000);

  describe.each(HARD_CASES)('$reason', ({ input: size, layers }) => {
    const network = networkOf(size, ...layers);
    const { height, width } = network.layers.at(-1)!.output;
    const grids = [
      { rows: 2, columns: 2 },
      { rows: 3, columns: 1 },
      { rows: height, columns: width },
    ];
    test.each(grids)('$rows x $columns', async (grid) => {
      const input = randomFloats(elements(network.input), 1);
      const [whole] = await computeWhole(segmentSpec(network), input, await load());
      const tiled = await computeTiled(network, grid, network.layers.length, input, await load());
      expect(difference(tiled, whole!.data)).toEqual(NO_DIFFERENCE);
    });
  });

  test('more threads give the same bits where channels come in blocks', async () => {
    const network = networkOf(
      { width: 40, height: 40, channels: 3 },
      section('convolutional', { filters: 32, size: 3, pad: 1, activation: 'leaky' }),
      section('convolutional', { filters: 64, size: 3, pad: 1, activation: 'leaky' }),
    );
    const input = randomFloats(elements(network.input), 5);
    const [one] = await computeWhole(segmentSpec(network), input, await load());
    const [two] = await computeWhole(segmentSpec(network, { threads: 2 }), input, await load());
    expect(difference(two!.data, one!.data)).toEqual(NO_DIFFERENCE);
  });

  test('the first 16 layers of YOLOv2 at 608x608, as the papers fuse them', async () => {
    const network = await bundledNetwork('yolov2');
    const input = randomFloats(elements(network.input), 9).map(Math.abs);
    const [whole] = await computeWhole(segmentSpec(network, { to: 16 }), input, await load());
    for (const grid of [
      { rows: 5, columns: 5 },
      { rows: 3, columns: 4 },
      { rows: 7, columns: 7 },
    ]) {
      const tiled = await computeTiled(network, grid, 16, input, await load());
      expect({ grid, ...difference(tiled, whole!.data) }).toEqual({ grid, ...NO_DIFFERENCE });
    }
  }, 120_000);
}
