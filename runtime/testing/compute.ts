/** Runs the same network whole and in tiles, with seeded weights, so that tests can compare the two. */
import type { Engine, LayerOutput, SegmentSpec } from '../engine/engine.ts';
import { onnxruntimeEngine } from '../engine/onnxruntime.ts';
import { type ConvolutionWeights, elements, type Network } from '../model/network.ts';
import { syntheticWeights } from '../model/synthetic.ts';
import { planFusedTiles } from '../partition/ftp.ts';
import { cutRegion, pasteRegion } from '../partition/map.ts';
import { type Grid, regionHeight, regionWidth } from '../partition/region.ts';

const SEED = 7;

export function seededWeights(network: Network, index: number): ConvolutionWeights {
  const layer = network.layers[index];
  if (layer?.kind !== 'convolutional') throw new Error(`layer ${index} has no weights`);
  return syntheticWeights(layer, SEED);
}

/** A segment of all the network's layers that gives the last one's output, unless `part` says otherwise. */
export function segmentSpec(network: Network, part: Partial<SegmentSpec> = {}): SegmentSpec {
  const to = part.to ?? network.layers.length;
  return {
    network,
    from: 0,
    to,
    outputs: [to - 1],
    extent: 'whole',
    threads: 1,
    weights: async (layer) => seededWeights(network, layer),
    ...part,
  };
}

/** Copies of a whole segment's outputs. */
export async function computeWhole(
  spec: SegmentSpec,
  input: Float32Array,
  engine: Engine = onnxruntimeEngine,
): Promise<readonly LayerOutput[]> {
  const segment = await engine.open({ ...spec, extent: 'whole' });
  try {
    const { height, width } = spec.network.layers[spec.from]!.input;
    const { outputs } = await segment.run({ input, height, width });
    return outputs.map(({ shape, data }) => ({ shape, data: data.slice() }));
  } finally {
    await segment.close();
  }
}

/** The last fused layer's map, merged from its tiles; what no tile gave is NaN. */
export async function computeTiled(
  network: Network,
  grid: Grid,
  fusedLayers: number,
  input: Float32Array,
  engine: Engine = onnxruntimeEngine,
  part: Partial<SegmentSpec> = {},
): Promise<Float32Array> {
  const plan = planFusedTiles(network, grid, fusedLayers);
  const spec = segmentSpec(network, { ...part, to: fusedLayers, extent: 'tiled' });
  const segment = await engine.open(spec);
  try {
    const shape = network.layers[fusedLayers - 1]!.output;
    const merged = new Float32Array(elements(shape)).fill(Number.NaN);
    for (const tile of plan.tiles) {
      const { outputs } = await segment.run({
        input: cutRegion(input, network.input, tile.input),
        height: regionHeight(tile.input),
        width: regionWidth(tile.input),
        surrounds: tile.layers.map(({ border }) => border),
      });
      pasteRegion(merged, shape, tile.output, outputs[0]!.data);
    }
    return merged;
  } finally {
    await segment.close();
  }
}

/** How many of the values are not the same bits, and by how much they differ at most. */
export function difference(
  actual: Float32Array,
  expected: Float32Array,
): { readonly count: number; readonly largest: number } {
  if (actual.length !== expected.length) throw new Error('maps of different sizes');
  let count = 0;
  let largest = 0;
  for (const [index, value] of expected.entries()) {
    if (Object.is(value, actual[index])) continue;
    count++;
    const distance = Math.abs(value - actual[index]!);
    largest = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(largest, distance);
  }
  return { count, largest };
}

export const NO_DIFFERENCE = { count: 0, largest: 0 } as const;
