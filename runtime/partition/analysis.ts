/** What a plan costs before anything runs: operations and input bytes. */
import type { Network } from '../model/network.ts';
import { layerMultiplyAccumulates } from '../model/operations.ts';
import type { FusedPlan, TileLayer } from './plan.ts';
import { type Region, regionHeight, regionWidth } from './region.ts';
import type { Halo, ReusePlan } from './reuse.ts';

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Multiply-accumulates of what a tile computes, layer by layer. */
export function tileMultiplyAccumulates(
  network: Network,
  layers: readonly Pick<TileLayer, 'layer' | 'output'>[],
): number {
  return layers.reduce((sum, { layer, output }) => {
    const size = { height: regionHeight(output), width: regionWidth(output) };
    return sum + layerMultiplyAccumulates(network.layers[layer]!, size);
  }, 0);
}

/** Multiply-accumulates of all tiles, halos computed anew by every tile that needs them. */
export function planMultiplyAccumulates(network: Network, plan: FusedPlan): number {
  return plan.tiles.reduce((sum, { layers }) => sum + tileMultiplyAccumulates(network, layers), 0);
}

/** Multiply-accumulates of a tile that takes halos from its neighbours. */
export function reuseMultiplyAccumulates(network: Network, { steps, output }: ReusePlan): number {
  const made = steps.map(({ layer }, position) => ({
    layer,
    output: steps[position + 1]?.held ?? output,
  }));
  return tileMultiplyAccumulates(network, made);
}

/** Bytes of halos as float32. */
export function haloBytes(network: Network, halos: readonly Pick<Halo, 'layer' | 'region'>[]) {
  return halos.reduce(
    (sum, { layer, region }) => sum + mapBytes(network.layers[layer]!.input.channels, region),
    0,
  );
}

/** The same layers without partitioning. */
export function plainMultiplyAccumulates(network: Network, plan: FusedPlan): number {
  return network.layers
    .slice(0, plan.fusedLayers)
    .reduce((sum, layer) => sum + layerMultiplyAccumulates(layer), 0);
}

/** Bytes of all tiles' inputs as float32. */
export function planInputBytes(network: Network, plan: FusedPlan): number {
  return plan.tiles.reduce((sum, tile) => sum + mapBytes(network.input.channels, tile.input), 0);
}

function mapBytes(channels: number, region: Region): number {
  return FLOAT_BYTES * channels * regionHeight(region) * regionWidth(region);
}
