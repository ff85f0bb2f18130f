/** What tiles leave where halos are sent to the gateway, beside what DeepThings' tiles leave. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyChain } from '../testing/arbitrary-network.ts';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { haloBytes, reuseMultiplyAccumulates } from './analysis.ts';
import { fusibleLayers, planFusedTiles } from './ftp.ts';
import { leaveNeeded, leaveStrips } from './leaving.ts';
import { tilesBeside } from './neighbours.ts';
import { contains } from './region.ts';
import { type Halo, planReuse, type ReusePlan } from './reuse.ts';

const ALL_SIDES = { left: true, right: true, top: true, bottom: true };
const NO_SIDES = { left: false, right: false, top: false, bottom: false };

const isFirst = ({ row, column }: { row: number; column: number }) => (row + column) % 2 === 0;

test('it is a part of the strips, and the tiles that come first leave all that the others can use', () => {
  fc.assert(
    fc.property(anyChain, ({ network, grid }) => {
      const layers = fusibleLayers(network, network.layers.length);
      const plan = planFusedTiles(network, grid, layers.length);
      const [needed, strips] = [leaveNeeded(layers, plan), leaveStrips(layers)];
      const alone = plan.tiles.map(({ output }) => planReuse(layers, output, []));
      const all = (rule: typeof needed, tile: number) => rule(tile, alone[tile]!, ALL_SIDES);
      for (const tile of plan.tiles) {
        const wide = all(strips, tile.index);
        for (const { layer, region } of all(needed, tile.index)) {
          expect(wide.some((one) => one.layer === layer && contains(one.region, region))).toBe(
            true,
          );
        }
        expect(needed(tile.index, alone[tile.index]!, NO_SIDES)).toEqual([]);
        if (isFirst(tile)) continue;
        expect(all(needed, tile.index)).toEqual([]);
        const beside = Object.values(tilesBeside(grid, tile.index)).filter(
          (one): one is number => one !== undefined,
        );
        const given = (rule: typeof needed) => beside.flatMap((one) => all(rule, one));
        const work = (halos: readonly Halo[]): ReusePlan => planReuse(layers, tile.output, halos);
        expect(work(given(needed)).steps).toEqual(work(given(strips)).steps);
      }
    }),
    { numRuns: 300 },
  );
});

describe('the first 16 layers of YOLOv2', async () => {
  const network = await bundledNetwork('yolov2');
  const layers = fusibleLayers(network, 16);

  // Zhao et al., figure 12, one device: 3.125, 3.710 and 4.114 MiB, of which 1.410 are outputs. There,
  // corners are sent twice.
  test.each([
    { side: 3, paper: 1.715 },
    { side: 4, paper: 2.3 },
    { side: 5, paper: 2.704 },
  ])('$side x $side: less than the paper sends, by its doubled corners', ({ side, paper }) => {
    const plan = planFusedTiles(network, { rows: side, columns: side }, 16);
    const leaves = leaveNeeded(layers, plan);
    const bytes = plan.tiles
      .map(({ index, output }) => leaves(index, planReuse(layers, output, []), ALL_SIDES))
      .reduce((sum, halos) => sum + haloBytes(network, halos), 0);
    const mebibytes = bytes / 2 ** 20;
    expect(mebibytes).toBeLessThan(paper);
    expect(mebibytes).toBeGreaterThan(0.8 * paper);
  });

  test('a tile whose four neighbours are done computes no more than with wide strips', () => {
    const plan = planFusedTiles(network, { rows: 5, columns: 5 }, 16);
    const middle = plan.tiles[7]!;
    const work = (rule: ReturnType<typeof leaveStrips>) => {
      const halos = [2, 6, 8, 12].flatMap((tile) =>
        rule(tile, planReuse(layers, plan.tiles[tile]!.output, []), ALL_SIDES),
      );
      return reuseMultiplyAccumulates(network, planReuse(layers, middle.output, halos));
    };
    expect(work(leaveNeeded(layers, plan))).toBe(work(leaveStrips(layers)));
  });
});
