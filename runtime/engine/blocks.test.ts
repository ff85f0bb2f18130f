import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { weightBytes } from '../model/operations.ts';
import { overlapsNeighbours } from '../partition/ftp.ts';
import { anyChain } from '../testing/arbitrary-network.ts';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { segmentSpec } from '../testing/compute.ts';
import { segmentBlocks } from './blocks.ts';

const conv = (keys: Record<string, string | number> = {}) =>
  section('convolutional', { filters: 4, size: 3, pad: 1, activation: 'leaky', ...keys });
const pool = section('maxpool', { size: 2, stride: 2 });
const NETWORK = networkOf(
  { width: 32, height: 32, channels: 3 },
  conv(),
  pool,
  conv(),
  conv({ size: 1 }),
  pool,
  section('route', { layers: -1 }),
  conv(),
  section('shortcut', { from: -3 }),
);

function layersOf(blocks: ReturnType<typeof segmentBlocks>): number[][] {
  return blocks.map(({ layers }) => layers.map(({ index }) => index));
}

describe('a tiled segment', () => {
  test('is cut in front of every window that overlaps its neighbours', async () => {
    const network = await bundledNetwork('yolov2');
    const blocks = segmentBlocks(segmentSpec(network, { to: 16, extent: 'tiled' }));
    expect(layersOf(blocks)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
      [8, 9],
      [10, 11],
      [12, 13],
      [14, 15],
    ]);
    expect(blocks.every(({ joinsHalo }) => joinsHalo)).toBe(true);
    expect(blocks.map(({ inputs }) => inputs)).toEqual([[-1], [1], [3], [5], [7], [9], [11], [13]]);
  });

  test('is cut behind layers whose outputs are asked for', () => {
    const blocks = segmentBlocks(segmentSpec(NETWORK, { to: 5, extent: 'tiled', outputs: [2, 4] }));
    expect(layersOf(blocks)).toEqual([[0, 1], [2], [3, 4]]);
    expect(blocks.map(({ outputs }) => outputs)).toEqual([[1], [2], [4]]);
    expect(blocks.map(({ joinsHalo }) => joinsHalo)).toEqual([true, true, false]);
  });

  test('holds every layer once and hands each block what it reads', () => {
    fc.assert(
      fc.property(anyChain, ({ network }) => {
        const blocks = segmentBlocks(segmentSpec(network, { extent: 'tiled' }));
        expect(layersOf(blocks).flat()).toEqual(network.layers.map(({ index }) => index));
        for (const [position, { layers, inputs, outputs, joinsHalo }] of blocks.entries()) {
          const [first, ...rest] = layers;
          expect(inputs).toEqual([first!.index - 1]);
          expect(outputs).toEqual([layers.at(-1)!.index]);
          expect(joinsHalo).toBe(overlapsNeighbours(first!));
          expect(rest.some(overlapsNeighbours)).toBe(false);
          if (position > 0) expect(joinsHalo).toBe(true);
        }
      }),
    );
  });

  test('refuses what cannot be computed in tiles', () => {
    expect(() => segmentBlocks(segmentSpec(NETWORK, { to: 6, extent: 'tiled' }))).toThrow(
      'layer 5 of test (route, line 26) cannot be computed in tiles',
    );
  });
});

describe('a whole segment', () => {
  test('is one block while its weights are few, with all that is read later kept', () => {
    const blocks = segmentBlocks(segmentSpec(NETWORK, { from: 4 }));
    expect(layersOf(blocks)).toEqual([[4, 5, 6, 7]]);
    expect(blocks[0]).toMatchObject({ inputs: [3], outputs: [7], joinsHalo: false });
  });

  test('is cut where a session would hold more than 24 MiB of weights', async () => {
    const network = await bundledNetwork('yolov2');
    const blocks = segmentBlocks(segmentSpec(network, { from: 16, to: 31 }));
    expect(blocks.length).toBeGreaterThan(1);
    for (const { layers } of blocks) {
      const heavy = layers.filter((layer) => weightBytes([layer]) > 0);
      if (heavy.length > 1) expect(weightBytes(layers)).toBeLessThanOrEqual(24 * 2 ** 20);
    }
    expect(layersOf(blocks).flat()).toEqual(Array.from({ length: 15 }, (_, index) => 16 + index));
    // Layer 25 reads layer 16, and layer 28 reads layer 24, each in an earlier block.
    const leaving = blocks.flatMap(({ outputs }) => outputs);
    expect(leaving).toEqual(expect.arrayContaining([16, 24, 30]));
  });

  test('that reads what lies before it is refused, with how much can be fused', () => {
    const read = () => segmentBlocks(segmentSpec(NETWORK, { from: 6 }));
    expect(read).toThrow(/layer 7 of test \(shortcut, line \d+\) reads layer 4, which lies before/);
    expect(read).toThrow(expect.objectContaining({ code: 'INPUT', hint: 'fuse at most 5 layers' }));
  });

  test('that reads detections is refused: they exist outside the engine only', () => {
    const network = networkOf(
      { width: 4, height: 4, channels: 7 },
      section('region', { anchors: '1,1', num: 1, classes: 2 }),
      conv(),
    );
    expect(() => segmentBlocks(segmentSpec(network))).toThrow(
      /layer 1 of test \(convolutional, line \d+\) reads the detections of layer 0/,
    );
  });

  test.each([
    [3, 3],
    [-1, 2],
    [0, 9],
  ])('from %i to %i does not exist', (from, to) => {
    expect(() => segmentBlocks(segmentSpec(NETWORK, { from, to }))).toThrow(
      expect.objectContaining({ code: 'INPUT' }),
    );
  });
});
