/** How much may be sent at once, or kept, where edges steal. */
import { elements } from '../../model/network.ts';
import { haloBytes } from '../../partition/analysis.ts';
import { regionHeight, regionWidth } from '../../partition/region.ts';
import type { StealingPlan } from '../job.ts';

/** Halos that an edge keeps. Three frames under way leave less on one, in the papers' settings. */
export const STORE_BYTES = 16 * 2 ** 20;

/** The most that a peer may send at once: a tile's input as floats, its halos, or a whole output map. */
export function largestTileBytes({ network, plan, layers }: StealingPlan): number {
  const inputs = plan.tiles.map(({ input }) => 3 * regionHeight(input) * regionWidth(input));
  const output = elements(network.layers[plan.fusedLayers - 1]!.output);
  const floats = Float32Array.BYTES_PER_ELEMENT * Math.max(output, ...inputs);
  // No tile takes more of its neighbours than all that it reads behind the frame.
  const reads = plan.tiles.map((tile) =>
    haloBytes(
      network,
      layers.slice(1).map(({ index }) => ({ layer: index, region: tile.layers[index]!.input })),
    ),
  );
  return Math.max(floats, ...reads);
}
