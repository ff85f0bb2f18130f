/**
 * What every inference engine offers: a run of consecutive layers, opened once, computed often.
 *
 * An engine knows layers and tensors; it does not know nodes, frames or grids.
 */
import type { ConvolutionWeights, Layer, Network, Shape } from '../model/network.ts';
import type { Precision } from '../model/precision.ts';
import type { Region } from '../partition/region.ts';

export interface SegmentSpec {
  readonly network: Network;
  /** First layer of the segment. */
  readonly from: number;
  /** One past the last layer. */
  readonly to: number;
  /**
   * Gives a convolution's parameters when the engine is ready for them: asked once a layer, in order,
   * so that a device never holds two copies of a whole network.
   */
  readonly weights: (layer: number) => Promise<ConvolutionWeights>;
  /** Layers whose outputs a run returns: ascending, each in [from, to). */
  readonly outputs: readonly number[];
  /**
   * `whole`: the input is the full map, padding is the layers' own.
   * `tiled`: the input is any part of the map; each run says what surrounds it at every layer, so one
   * segment, with one copy of the weights, serves all tiles of every grid.
   */
  readonly extent: 'whole' | 'tiled';
  /**
   * Tiled extent only: layers in front of which a run may begin or end, beside those whose window
   * overlaps its neighbours (`overlapsNeighbours`) and those behind one of `outputs`.
   */
  readonly cuts?: readonly number[];
  /**
   * Tiled extent only: where only padding stands around a run's layers, they may be computed in one go, by
   * something that is opened for just these layers and this padding. For runs of few kinds.
   */
  readonly chains?: boolean;
  /** In what weights are held. Default: float32. */
  readonly precision?: Precision;
  /** Threads one run may use. */
  readonly threads: number;
}

export interface SegmentRun {
  /** [channels][height][width]; a tile's own part of the map before the run's first layer. Not kept, not changed. */
  readonly input: Float32Array;
  readonly height: number;
  readonly width: number;
  /** Tiled extent only: the first layer to run, one that stands behind a cut. Default: the segment's. */
  readonly from?: number;
  /** Tiled extent only: one past the last layer to run, again a cut. Default: the segment's. */
  readonly to?: number;
  /** Tiled extent only: what stands around the map before each layer of the run, in order. Default: nothing. */
  readonly surrounds?: readonly Surround[];
  /** Tiled extent only: parts of maps in front of a cut that are wanted beside the outputs. */
  readonly keep?: readonly KeptRegion[];
}

/**
 * What is joined on to a map before a layer whose window reaches beyond it: left and right first, each
 * [channels][height][size], then top and bottom over the full width, each [channels][size][left + width
 * + right], so that corners belong to the latter.
 */
export interface Surround {
  readonly left: Strip;
  readonly right: Strip;
  readonly top: Strip;
  readonly bottom: Strip;
}

/** So many rows or columns of padding; or of values, padding among them where the frame ends. */
export type Strip = number | { readonly size: number; readonly data: Float32Array };

export function stripSize(strip: Strip): number {
  return typeof strip === 'number' ? strip : strip.size;
}

/** What stands outside the map: it never wins a maximum, and adds nothing to a sum. */
export function paddingValue(layer: Layer): number {
  return layer.kind === 'maxpool' ? Number.NEGATIVE_INFINITY : 0;
}

export interface KeptRegion {
  /** A layer of the run that stands in front of a cut, or the run's last. */
  readonly layer: number;
  /** Within what the run computes of that layer's output: its first row and column are 0. */
  readonly region: Region;
}

export interface LayerOutput {
  readonly shape: Shape;
  /** [channels][height][width]. */
  readonly data: Float32Array;
}

export interface RunResult {
  /** Those of `SegmentSpec.outputs` that the run reaches, then the last layer of a run that ends before the segment. */
  readonly outputs: readonly LayerOutput[];
  /** In the order of `SegmentRun.keep`. */
  readonly kept: readonly Float32Array[];
}

export interface Segment {
  /** Opens what a run like this needs and has not opened yet; else the run does it. */
  prepare?(run: SegmentRun): Promise<void>;
  run(run: SegmentRun): Promise<RunResult>;
  /**
   * What the engine holds: weights, and the largest input and output of a layer in any run so far, with
   * the layer's kernel where it is held in another precision than it computes in.
   */
  readonly engineBytes: EngineBytes;
  close(): Promise<void>;
}

export interface EngineBytes {
  readonly weights: number;
  readonly activations: number;
}

export interface Engine {
  readonly name: string;
  /** Of the library behind it. */
  readonly version: string;
  /** Rejects with a TilebedError (INPUT) that names the layer when the segment holds one it cannot compute. */
  open(spec: SegmentSpec): Promise<Segment>;
}
