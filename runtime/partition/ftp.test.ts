import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Layer, Network } from '../model/network.ts';
import { anyChain } from '../testing/arbitrary-network.ts';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { type inputRegion, planFusedTiles, planWhole } from './ftp.ts';
import type { TilePlan } from './plan.ts';
import { type Region, regionHeight, regionWidth } from './region.ts';

function corners({ x1, y1, x2, y2 }: Region): number[] {
  return [x1, y1, x2, y2];
}

function tileAt(tiles: readonly TilePlan[], row: number, column: number): TilePlan {
  const tile = tiles.find((candidate) => candidate.row === row && candidate.column === column);
  if (tile === undefined) throw new Error(`no tile at ${row},${column}`);
  return tile;
}

describe('the worked example of DeepThings (figure 5): 6x6 map, 2x2 grid, one 3x3 convolution', () => {
  const network = networkOf(
    { width: 6, height: 6, channels: 1 },
    section('convolutional', { size: 3, pad: 1 }),
  );
  const { tiles } = planFusedTiles(network, { rows: 2, columns: 2 }, 1);

  test('the output (3,0)-(5,2) needs the input (2,0)-(5,3)', () => {
    const tile = tileAt(tiles, 0, 1);
    expect(corners(tile.output)).toEqual([3, 0, 5, 2]);
    expect(corners(tile.input)).toEqual([2, 0, 5, 3]);
    expect(tile.layers[0]!.border).toEqual({ left: 0, right: 1, top: 1, bottom: 0 });
  });

  test('the output (0,3)-(2,5) needs the input (0,2)-(3,5)', () => {
    const tile = tileAt(tiles, 1, 0);
    expect(corners(tile.output)).toEqual([0, 3, 2, 5]);
    expect(corners(tile.input)).toEqual([0, 2, 3, 5]);
    expect(tile.layers[0]!.border).toEqual({ left: 1, right: 0, top: 0, bottom: 1 });
  });
});

test.each([
  { side: 3, largest: 326 },
  { side: 4, largest: 278 },
  { side: 5, largest: 246 },
])('YOLOv2, 16 layers, $side x $side: the largest input is $largest', async ({ side, largest }) => {
  const network = await bundledNetwork('yolov2');
  const { tiles } = planFusedTiles(network, { rows: side, columns: side }, 16);
  expect(Math.max(...tiles.map(({ input }) => regionWidth(input)))).toBe(largest);
  expect(Math.max(...tiles.map(({ input }) => regionHeight(input)))).toBe(largest);
});

test('a grid of N x M has N rows and M columns, numbered row by row', () => {
  const network = networkOf(
    { width: 30, height: 10, channels: 1 },
    section('convolutional', { size: 3, pad: 1 }),
  );
  const { tiles, grid } = planFusedTiles(network, { rows: 2, columns: 3 }, 1);
  expect(grid).toEqual({ rows: 2, columns: 3 });
  expect(tiles.map(({ index, row, column }) => [index, row, column])).toEqual([
    [0, 0, 0],
    [1, 0, 1],
    [2, 0, 2],
    [3, 1, 0],
    [4, 1, 1],
    [5, 1, 2],
  ]);
  expect(corners(tiles[5]!.output)).toEqual([20, 5, 29, 9]);
});

describe('any chain of windows in any grid', () => {
  test('every element of the last map belongs to exactly one tile, and tiles are of even size', () => {
    fc.assert(
      fc.property(anyChain, ({ network, grid }) => {
        const { tiles } = planFusedTiles(network, grid, network.layers.length);
        const { height, width } = network.layers.at(-1)!.output;
        const owners = new Uint8Array(height * width);
        for (const { output } of tiles) {
          for (let y = output.y1; y <= output.y2; y++) {
            for (let x = output.x1; x <= output.x2; x++) owners[y * width + x]!++;
          }
        }
        expect(owners.every((count) => count === 1)).toBe(true);
        const widths = tiles.map(({ output }) => regionWidth(output));
        const heights = tiles.map(({ output }) => regionHeight(output));
        expect(Math.max(...widths) - Math.min(...widths)).toBeLessThanOrEqual(1);
        expect(Math.max(...heights) - Math.min(...heights)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('a layer writes just what the next one reads', () => {
    fc.assert(
      fc.property(anyChain, ({ network, grid }) => {
        for (const { layers, input, output } of planFusedTiles(network, grid, network.layers.length)
          .tiles) {
          expect(layers.map(({ layer }) => layer)).toEqual(
            network.layers.map(({ index }) => index),
          );
          expect(layers[0]!.input).toEqual(input);
          expect(layers.at(-1)!.output).toEqual(output);
          for (const [position, { output: written }] of layers.slice(0, -1).entries()) {
            expect(layers[position + 1]!.input).toEqual(written);
          }
        }
      }),
    );
  });

  test('region and border are what a walk over single elements finds', () => {
    fc.assert(
      fc.property(anyChain, ({ network, grid }) => {
        for (const tile of planFusedTiles(network, grid, network.layers.length).tiles) {
          for (const { layer, input, border, output } of tile.layers) {
            expect({ input, border }).toEqual(walk(network.layers[layer]!, output));
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('a tile computes as many outputs as its input and border make', () => {
    fc.assert(
      fc.property(anyChain, ({ network, grid }) => {
        for (const tile of planFusedTiles(network, grid, network.layers.length).tiles) {
          for (const { layer: index, input, border, output } of tile.layers) {
            const layer = network.layers[index]!;
            if (layer.kind !== 'convolutional' && layer.kind !== 'maxpool') throw new Error();
            const outputs = (length: number) =>
              Math.floor((length - layer.size) / layer.stride) + 1;
            const width = border.left + regionWidth(input) + border.right;
            const height = border.top + regionHeight(input) + border.bottom;
            expect(outputs(width)).toBe(regionWidth(output));
            expect(outputs(height)).toBe(regionHeight(output));
          }
        }
      }),
    );
  });
});

/** Goes through every element of every window: the smallest region with all that lie inside the map. */
function walk(layer: Layer, output: Region): ReturnType<typeof inputRegion> {
  if (layer.kind !== 'convolutional' && layer.kind !== 'maxpool') throw new Error(layer.kind);
  const before = layer.kind === 'convolutional' ? layer.padding : layer.paddingBefore;
  const along = (from: number, to: number, length: number) => {
    let [first, last, outsideBefore, outsideAfter] = [length, -1, 0, 0];
    for (let position = from; position <= to; position++) {
      for (let offset = 0; offset < layer.size; offset++) {
        const element = position * layer.stride - before + offset;
        if (element < 0) outsideBefore = Math.max(outsideBefore, -element);
        else if (element >= length) outsideAfter = Math.max(outsideAfter, element - length + 1);
        else [first, last] = [Math.min(first, element), Math.max(last, element)];
      }
    }
    return { first, last, outsideBefore, outsideAfter };
  };
  const across = along(output.x1, output.x2, layer.input.width);
  const down = along(output.y1, output.y2, layer.input.height);
  return {
    input: { x1: across.first, y1: down.first, x2: across.last, y2: down.last },
    border: {
      left: across.outsideBefore,
      right: across.outsideAfter,
      top: down.outsideBefore,
      bottom: down.outsideAfter,
    },
  };
}

describe('what cannot be planned', () => {
  const network: Network = networkOf(
    { width: 12, height: 8, channels: 4 },
    section('convolutional', { filters: 4, size: 3, pad: 1 }),
    section('maxpool', { size: 2, stride: 2 }),
    section('convolutional', { filters: 4, size: 3, pad: 1 }),
    section('reorg', { stride: 2 }),
    section('route', { layers: '-2' }),
    section('shortcut', { from: 1 }),
  );
  const plan = (rows: number, columns: number, fusedLayers: number) => () =>
    planFusedTiles(network, { rows, columns }, fusedLayers);

  test.each([
    { rows: 5, columns: 1 },
    { rows: 1, columns: 7 },
  ])('a grid of $rows x $columns on a map of 4 rows and 6 columns', ({ rows, columns }) => {
    expect(plan(rows, columns, 2)).toThrow(
      expect.objectContaining({
        code: 'INPUT',
        message: `a grid of ${rows}x${columns} leaves tiles of layer 1 with nothing to compute`,
        hint: 'its map has 4 rows and 6 columns: the finest grid is 4x6',
      }),
    );
  });

  test('but a tile of one element can', () => {
    expect(plan(4, 6, 2)().tiles).toHaveLength(24);
  });

  test.each([0, -1, 1.5, 7, Number.NaN])('%d fused layers of 6', (fusedLayers) => {
    expect(plan(1, 1, fusedLayers)).toThrow(`test has 6 layers: ${fusedLayers} cannot be fused`);
  });

  test('a layer that is no window', () => {
    expect(plan(1, 1, 4)).toThrow(
      expect.objectContaining({
        code: 'INPUT',
        message: expect.stringMatching(
          /^layer 3 \(reorg, line \d+ of the cfg\) cannot be fused: only convolutional and maxpool/,
        ),
        hint: 'fuse at most 3 layers of test',
      }),
    );
  });

  test('a layer behind that reads what would be inside', () => {
    expect(plan(1, 1, 3)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^layer 5 \(shortcut, .*\) reads layer 1, which would be/),
        hint: 'fuse at most 2 layers of test',
      }),
    );
    expect(plan(2, 2, 2)().tiles).toHaveLength(4);
  });
});

describe('the fused layers in one piece', () => {
  test('may hold any layers, branches among them', async () => {
    const network = await bundledNetwork('yolov2');
    const { tiles, grid } = planWhole(network, 30);
    expect(grid).toEqual({ rows: 1, columns: 1 });
    expect(tiles.map(({ input, output }) => [corners(input), corners(output)])).toEqual([
      [
        [0, 0, 607, 607],
        [0, 0, 18, 18],
      ],
    ]);
  });

  test('are not cut where a layer behind reads one inside', async () => {
    const network = await bundledNetwork('yolov2');
    expect(() => planWhole(network, 20)).toThrow(
      'layer 25 (route, line 214 of the cfg) reads layer 16, which would be inside the 20 fused layers',
    );
    expect(() => planWhole(network, 33)).toThrow('yolov2 has 32 layers: 33 cannot be fused');
  });
});
