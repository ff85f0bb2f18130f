/** The promise of reuse: whatever halos there are, and whoever has them, the bits are the whole network's. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elements } from '../../model/network.ts';
import { computableChain } from '../arbitrary-network.ts';
import { bundledNetwork } from '../bundled-network.ts';
import { computeWhole, difference, NO_DIFFERENCE, segmentSpec } from '../compute.ts';
import { computeWithReuse } from '../compute-reuse.ts';
import { below, randomFloats, seededRandom } from '../random.ts';
import type { LoadEngine } from './load.ts';

export function reuseContract(load: LoadEngine): void {
  test('random networks, grids, orders and losses', async () => {
    const seen = { halos: 0, late: 0, replanned: 0 };
    await fc.assert(
      fc.asyncProperty(computableChain, fc.nat(), async ({ network, grid }, seed) => {
        const random = seededRandom(seed);
        const input = randomFloats(elements(network.input), seed);
        const [whole] = await computeWhole(segmentSpec(network), input, await load());
        const storeBytes = [1e9, 20_000, 2000][below(random, 3)]!;
        const edges = 1 + below(random, 3);
        const run = await computeWithReuse(network, grid, network.layers.length, input, {
          random,
          edges,
          storeBytes,
          engine: await load(),
          haloTransfer: below(random, 4) === 0 ? 'gateway' : 'direct',
        });
        expect(difference(run.merged, whole!.data)).toEqual(NO_DIFFERENCE);
        seen.halos += run.halos;
        seen.late += run.late;
        seen.replanned += run.replanned;
      }),
      { numRuns: 400, seed: 23 },
    );
    // What the test is about did happen.
    expect(seen.halos).toBeGreaterThan(1000);
    expect(seen.late).toBeGreaterThan(50);
    expect(seen.replanned).toBeGreaterThan(50);
  }, 240_000);

  test('the first 16 layers of YOLOv2 at 608x608, grids that the C code gets wrong among them', async () => {
    const network = await bundledNetwork('yolov2');
    const input = randomFloats(elements(network.input), 9).map(Math.abs);
    const [whole] = await computeWhole(segmentSpec(network, { to: 16 }), input, await load());
    for (const { grid, haloTransfer } of [
      { grid: { rows: 3, columns: 4 }, haloTransfer: 'gateway' as const },
      { grid: { rows: 6, columns: 6 }, haloTransfer: 'direct' as const },
    ]) {
      const options = {
        random: seededRandom(grid.rows),
        edges: 2,
        storeBytes: 1e9,
        engine: await load(),
        haloTransfer,
      };
      const { merged, halos } = await computeWithReuse(network, grid, 16, input, options);
      expect({ grid, ...difference(merged, whole!.data) }).toEqual({ grid, ...NO_DIFFERENCE });
      expect(halos).toBeGreaterThan(50);
    }
  }, 240_000);
}
