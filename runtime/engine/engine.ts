/**
 * What every inference engine offers: a run of consecutive layers, opened once, computed often.
 *
 * An engine knows layers and tensors; it does not know nodes, frames or grids.
 */
import type { ConvolutionWeights, Network, Shape } from '../model/network.ts';
import type { Border } from '../partition/region.ts';

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
   * `tiled`: the input is any part of the map; each run says how far every layer's window reaches
   * outside it, so one segment, with one copy of the weights, serves all tiles of every grid.
   */
  readonly extent: 'whole' | 'tiled';
  /** Threads one run may use. */
  readonly threads: number;
}

export interface SegmentRun {
  /** [channels][height][width]; a tile's own part of the segment's input. Not kept, not changed. */
  readonly input: Float32Array;
  readonly height: number;
  readonly width: number;
  /** Tiled extent only: one border a layer of the segment, in order. */
  readonly borders?: readonly Border[];
}

export interface LayerOutput {
  readonly shape: Shape;
  /** [channels][height][width]. */
  readonly data: Float32Array;
}

export interface Segment {
  /** Outputs in the order of `SegmentSpec.outputs`. */
  run(run: SegmentRun): Promise<readonly LayerOutput[]>;
  /** What the engine holds: weights, and the largest input and output of a layer in any run so far. */
  readonly engineBytes: EngineBytes;
  close(): Promise<void>;
}

export interface EngineBytes {
  readonly weights: number;
  readonly activations: number;
}

export interface Engine {
  readonly name: string;
  /** Rejects with a TilebedError (INPUT) that names the layer when the segment holds one it cannot compute. */
  open(spec: SegmentSpec): Promise<Segment>;
}
