/** What holds of every plan with halos, and what reuse saves in the papers' setting. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Network } from '../model/network.ts';
import { HaloLedger, type PlannedTile } from '../schedule/halo-ledger.ts';
import { tileRanks } from '../schedule/reuse-order.ts';
import { ORDERS, type Order } from '../schedule/strategies.ts';
import { anyChain } from '../testing/arbitrary-network.ts';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { below, seededRandom } from '../testing/random.ts';
import {
  haloBytes,
  plainMultiplyAccumulates,
  planMultiplyAccumulates,
  reuseMultiplyAccumulates,
} from './analysis.ts';
import { fusibleLayers, inputRegion, planFusedTiles } from './ftp.ts';
import { areaOf, contains, type Grid, intersection, type Region, without } from './region.ts';
import { type Halo, planReuse, publishedHalos } from './reuse.ts';

/** Any halos at all, some of them outside of what a tile reads, many overlapping. */
function someHalos(network: Network, random: () => number): Halo[] {
  return Array.from({ length: below(random, 12) }, (_, tile) => {
    const layer = below(random, network.layers.length);
    const { height, width } = network.layers[layer]!.input;
    const [x1, y1] = [below(random, width), below(random, height)];
    const [x2, y2] = [x1 + below(random, width - x1), y1 + below(random, height - y1)];
    return { layer, tile, region: { x1, y1, x2, y2 } };
  });
}

function uncovered(region: Region, parts: readonly Region[]): readonly Region[] {
  return parts.reduce<readonly Region[]>(
    (rest, part) => rest.flatMap((piece) => without(piece, part)),
    [region],
  );
}

test('whatever halos there are, all that is read is computed or given, once', () => {
  fc.assert(
    fc.property(anyChain, fc.nat(), ({ network, grid }, seed) => {
      const random = seededRandom(seed);
      const layers = fusibleLayers(network, network.layers.length);
      const available = someHalos(network, random);
      const { tiles } = planFusedTiles(network, grid, layers.length);
      const tile = tiles[below(random, tiles.length)]!;
      const plan = planReuse(layers, tile.output, available);
      expect(plan.steps.map(({ layer }) => layer)).toEqual(
        layers.slice(plan.from).map(({ index }) => index),
      );
      for (const [position, { layer, held, read, border }] of plan.steps.entries()) {
        const { height, width } = layers[layer]!.input;
        expect(contains({ x1: 0, y1: 0, x2: width - 1, y2: height - 1 }, read)).toBe(true);
        expect(areaOf(held)).toBeGreaterThan(0);
        expect(contains(read, held)).toBe(true);
        // Exactly what the next step holds, or the output, is made of what is read.
        const made = plan.steps[position + 1]?.held ?? plan.output;
        expect({ input: read, border }).toEqual(inputRegion(layers[layer]!, made));
        const given = plan.halos.filter((halo) => halo.layer === layer);
        const own = layer === plan.from && layer > 0 ? [] : [held];
        const parts = [...own, ...given.map(({ region }) => region)];
        expect(uncovered(read, parts)).toEqual([]);
        expect(parts.reduce((sum, part) => sum + areaOf(part), 0)).toBe(areaOf(read));
        for (const { tile: giver, region } of given) {
          expect(available.some((a) => a.tile === giver && contains(a.region, region))).toBe(true);
        }
        expect(contains(tile.layers[layer]!.input, read)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('a plan follows from the halos that it names: another node makes the same of them', () => {
  fc.assert(
    fc.property(anyChain, fc.nat(), ({ network, grid }, seed) => {
      const random = seededRandom(seed);
      const layers = fusibleLayers(network, network.layers.length);
      const { tiles } = planFusedTiles(network, grid, layers.length);
      const { output } = tiles[below(random, tiles.length)]!;
      const plan = planReuse(layers, output, someHalos(network, random));
      const again = planReuse(layers, output, plan.halos);
      expect({ ...again, halos: new Set(again.halos) }).toEqual({
        ...plan,
        halos: new Set(plan.halos),
      });
    }),
    { numRuns: 500 },
  );
});

test('what is published was computed, and a tile gives nothing along sides that nobody is behind', () => {
  fc.assert(
    fc.property(anyChain, fc.nat(), ({ network, grid }, seed) => {
      const random = seededRandom(seed);
      const layers = fusibleLayers(network, network.layers.length);
      const { tiles } = planFusedTiles(network, grid, layers.length);
      const tile = tiles[below(random, tiles.length)]!;
      const plan = planReuse(layers, tile.output, someHalos(network, random));
      const all = { left: true, right: true, top: true, bottom: true };
      for (const { layer, region } of publishedHalos(layers, tile.index, plan, all)) {
        const step = plan.steps.find((one) => one.layer === layer)!;
        expect(layer).toBeGreaterThan(plan.from);
        expect(contains(step.held, region)).toBe(true);
        expect(areaOf(region)).toBeGreaterThan(0);
      }
      const none = { left: false, right: false, top: false, bottom: false };
      expect(publishedHalos(layers, tile.index, plan, none)).toEqual([]);
    }),
  );
});

/** All tiles of a frame, planned one after the other on one edge. */
function frameOnOneEdge(network: Network, grid: Grid, fusedLayers: number, order: Order) {
  const layers = fusibleLayers(network, fusedLayers);
  const plan = planFusedTiles(network, grid, fusedLayers);
  const ledger = new HaloLedger(layers, plan);
  const ranks = tileRanks(order, grid);
  const tiles = plan.tiles.map(({ index }) => index).sort((a, b) => ranks[a]! - ranks[b]! || a - b);
  const planned = new Map<number, PlannedTile>();
  for (const tile of tiles) {
    planned.set(tile, ledger.plan({ frame: 0, tile }, 'edge0'));
    ledger.finish({ frame: 0, tile });
  }
  return { plan, planned, layers };
}

describe("YOLOv2's first 16 layers on one edge", () => {
  test.each([
    { side: 2, work: 1.017, plain: 1.247 },
    { side: 3, work: 1.069, plain: 1.529 },
    { side: 4, work: 1.155, plain: 1.845 },
    { side: 5, work: 1.276, plain: 2.196 },
    { side: 6, work: 1.433, plain: 2.581 },
  ])('$side x $side: $work times the work of the whole, instead of $plain', async (expected) => {
    const network = await bundledNetwork('yolov2');
    const grid = { rows: expected.side, columns: expected.side };
    for (const order of ORDERS) {
      const { plan, planned } = frameOnOneEdge(network, grid, 16, order);
      const whole = plainMultiplyAccumulates(network, plan);
      const plans = [...planned.values()].map((tile) => tile.plan);
      const work = plans.reduce((sum, plan) => sum + reuseMultiplyAccumulates(network, plan), 0);
      expect(work / whole).toBeCloseTo(expected.work, 3);
      expect(planMultiplyAccumulates(network, plan) / whole).toBeCloseTo(expected.plain, 3);
    }
  });

  test('tiles of an odd sum read what the papers say of the frame, and no more of the halos', async () => {
    const network = await bundledNetwork('yolov2');
    const grid = { rows: 3, columns: 3 };
    const { planned } = frameOnOneEdge(network, grid, 16, 'checkerboard');
    for (const tile of [1, 3, 5, 7]) {
      const { plan } = planned.get(tile)!;
      const input = (3 * 4 * areaOf(plan.steps[0]!.held)) / 1024;
      expect(Math.round(input)).toBeGreaterThanOrEqual(149);
      expect(Math.round(input)).toBeLessThanOrEqual(166);
      // Theirs are 425 to 453 KiB: they hold corners twice.
      const fetched = haloBytes(network, plan.halos) / 1024;
      expect(fetched).toBeGreaterThan(380);
      expect(fetched).toBeLessThan(453);
    }
  });

  test('6 x 6, where the regions of the C code are negative, begins behind the frame', async () => {
    const network = await bundledNetwork('yolov2');
    const grid = { rows: 6, columns: 6 };
    const { planned } = frameOnOneEdge(network, grid, 16, 'checkerboard');
    const late = [...planned.values()].filter(({ plan }) => plan.from > 0);
    expect(late).toHaveLength(16);
  });
});

test('halos of one tile do not overlap those of another in what a plan takes', () => {
  fc.assert(
    fc.property(anyChain, fc.nat(), ({ network, grid }, seed) => {
      const random = seededRandom(seed);
      const layers = fusibleLayers(network, network.layers.length);
      const { tiles } = planFusedTiles(network, grid, layers.length);
      const { output } = tiles[below(random, tiles.length)]!;
      const { halos } = planReuse(layers, output, someHalos(network, random));
      for (const [index, one] of halos.entries()) {
        for (const other of halos.slice(index + 1)) {
          if (one.layer === other.layer) {
            expect(intersection(one.region, other.region)).toBeUndefined();
          }
        }
      }
    }),
  );
});
