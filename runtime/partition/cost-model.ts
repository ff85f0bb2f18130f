/** What is known of nodes and links, as numbers for planners: a part's milliseconds on each edge, and the bytes of what travels. */
import type { Network, Shape } from '../model/network.ts';
import { layerMultiplyAccumulates } from '../model/operations.ts';
import type { FrameTransfer } from '../schedule/transfer.ts';
import { type Region, regionHeight, regionWidth } from './region.ts';
import type { EdgeProfile, Part } from './stages.ts';

/** What is known of the nodes and of what joins them. */
export interface Conditions {
  readonly network: Network;
  readonly fusedLayers: number;
  /** At least one. The frame's source stands at position 0. */
  readonly edges: readonly EdgeProfile[];
  /** `links`: every node has its own, both ways at once. `shared`: one transmission at a time, as on a radio channel. Default: links. */
  readonly medium?: 'links' | 'shared';
  /** What lies between two nodes, in addition to the links of both. Default: nothing. */
  readonly pairs?: readonly PairProfile[];
  /** Default: as fast as the fastest edge's. */
  readonly gatewayBitsPerSecond?: number;
  /** Of the frames' pictures; default: the network's input. */
  readonly picture?: { readonly width: number; readonly height: number };
  /** How they travel. Default: pixels. */
  readonly frames?: FrameTransfer;
  /** Positions of the edges that have frames in flight. Default: the frame's source alone. */
  readonly sources?: readonly number[];
}

export interface PairProfile {
  /** Positions of edges; behind the last stands the gateway. */
  readonly between: readonly [number, number];
  /** Of each direction. */
  readonly rateBitsPerSecond?: number;
  readonly delayMs?: number;
}

/** A run of a part: the way to the compute thread and back, and what an engine does once a run. */
const PART_MS = 0.5;
/**
 * The same on a slow device, over all fused layers there: weights come from memory again, too. Six paced
 * devices took 4 to 10 ms more for a part than its layers take a lone process, of 3,100 ms (decision 0010).
 */
const PART_SHARE = 0.0025;
/** Of a link that nobody has measured. */
const UNKNOWN_RATE_BITS_PER_SECOND = 1e9;
/** Of an edge that nobody has measured, where no other is known either: it matters in relation to links only. */
const UNKNOWN_MACS_PER_MS = 5e6;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
const PIXEL_BYTES = 3;

/** The conditions as numbers by position: edges first, the gateway behind the last. */
export interface CostModel {
  readonly network: Network;
  readonly fusedLayers: number;
  readonly edges: number;
  /** By edge and fused layer, over the whole map. */
  readonly layerMs: readonly Float64Array[];
  /** By edge, what a part takes beside its layers. */
  readonly runMs: readonly number[];
  readonly bitsPerMs: Float64Array;
  readonly delayMs: number;
  /** By sender x nodes + taker. */
  readonly pairs: ReadonlyMap<number, { readonly bitsPerMs: number; readonly delayMs: number }>;
  readonly shared: boolean;
  /** Of an element (three channels) of the network's input, when a part of the frame travels. */
  readonly frameElementBytes: number;
  readonly sources: readonly number[];
}

export function costModel(conditions: Conditions): CostModel {
  const { network, fusedLayers, edges, picture, frames, sources = [0] } = conditions;
  if (edges.length === 0) throw new Error('somebody must compute');
  const rates = edges.map((edge) => edge.rateBitsPerSecond ?? UNKNOWN_RATE_BITS_PER_SECOND);
  const gateway = conditions.gatewayBitsPerSecond ?? Math.max(...rates);
  const layerMs = measuredLayers(conditions);
  return {
    network,
    fusedLayers,
    edges: edges.length,
    layerMs,
    runMs: layerMs.map(partRunMs),
    bitsPerMs: Float64Array.from([...rates, gateway], (rate) => rate / 1000),
    delayMs: Math.max(...edges.map(({ delayMs }) => delayMs ?? 0)),
    pairs: pairTable(conditions),
    shared: conditions.medium === 'shared',
    frameElementBytes: frameElementBytes(network.input, frames, picture),
    sources,
  };
}

function pairTable({ edges, pairs = [] }: Conditions): CostModel['pairs'] {
  const nodes = edges.length + 1;
  return new Map(
    pairs.flatMap(({ between: [a, b], rateBitsPerSecond, delayMs = 0 }) => {
      const bitsPerMs = (rateBitsPerSecond ?? Number.POSITIVE_INFINITY) / 1000;
      return [a * nodes + b, b * nodes + a].map(
        (at): [number, { bitsPerMs: number; delayMs: number }] => [at, { bitsPerMs, delayMs }],
      );
    }),
  );
}

/** An edge without a measurement counts as the average of the others. */
function measuredLayers({ network, fusedLayers, edges }: Conditions): Float64Array[] {
  const known = edges.filter(({ layerMs }) => layerMs.length >= fusedLayers);
  const average = network.layers.slice(0, fusedLayers).map((layer, index) => {
    if (known.length === 0) return layerMultiplyAccumulates(layer) / UNKNOWN_MACS_PER_MS;
    return known.reduce((sum, { layerMs }) => sum + layerMs[index]!, 0) / known.length;
  });
  return edges.map(({ layerMs }) => {
    const measured = layerMs.length >= fusedLayers ? layerMs.slice(0, fusedLayers) : average;
    return Float64Array.from(measured);
  });
}

/** A picture is scaled to fit into the network's input: each element comes from so many of its pixels. */
export function frameElementBytes(
  input: Shape,
  frames: FrameTransfer = 'pixels',
  picture: Conditions['picture'] = input,
): number {
  const floats = input.channels * FLOAT_BYTES;
  if (frames === 'floats' || input.channels !== PIXEL_BYTES) return floats;
  const { width, height } = picture;
  const scale = Math.max(width / input.width, height / input.height);
  return Math.min(floats, PIXEL_BYTES * scale * scale);
}

/**
 * Milliseconds of a part on an edge.
 *
 * @param layerMs of every layer, over its whole map, on that edge
 * @param runMs of the run itself
 */
export function partMs(
  network: Network,
  part: Part,
  layerMs: ArrayLike<number>,
  runMs: number = partRunMs(layerMs),
): number {
  let sum = runMs;
  for (const { layer, output } of part.layers) {
    const { height, width } = network.layers[layer]!.output;
    const share = (regionHeight(output) * regionWidth(output)) / (height * width);
    sum += layerMs[layer]! * share;
  }
  return sum;
}

/** Milliseconds that a part takes beside its layers on an edge: slow devices are slow in all that they do. */
export function partRunMs(layerMs: ArrayLike<number>): number {
  let totalMs = 0;
  for (let layer = 0; layer < layerMs.length; layer++) totalMs += layerMs[layer]!;
  return Math.max(PART_MS, PART_SHARE * totalMs);
}

export function frameBytes(
  { frameElementBytes }: CostModel,
  { height, width }: Pick<Shape, 'height' | 'width'>,
): number {
  return frameElementBytes * height * width;
}

export function mapBytes({ channels }: Shape, region: Region): number {
  return FLOAT_BYTES * channels * regionHeight(region) * regionWidth(region);
}

export function sizeOf(region: Region): Pick<Shape, 'height' | 'width'> {
  return { height: regionHeight(region), width: regionWidth(region) };
}
