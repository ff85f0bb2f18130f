/**
 * A network as tilebed sees it: Darknet's layers with every shape resolved.
 *
 * Layers are numbered as Darknet counts: the first after [net] is 0. All maps are planar C,H,W.
 */

export interface Shape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export type Activation = 'leaky' | 'linear' | 'relu' | 'logistic' | 'mish';

interface LayerBase {
  readonly index: number;
  /** Line of the layer's section in its cfg, 1-based: for error messages. */
  readonly line: number;
  readonly input: Shape;
  readonly output: Shape;
}

export interface ConvolutionalLayer extends LayerBase {
  readonly kind: 'convolutional';
  readonly filters: number;
  readonly size: number;
  readonly stride: number;
  /** Zeros added on each of the four sides, in pixels. */
  readonly padding: number;
  readonly groups: number;
  readonly batchNormalize: boolean;
  readonly activation: Activation;
}

export interface MaxpoolLayer extends LayerBase {
  readonly kind: 'maxpool';
  readonly size: number;
  readonly stride: number;
  /** Rows above and columns to the left of the map that the first window covers (Darknet: floor(padding / 2)). */
  readonly paddingBefore: number;
  /**
   * Rows below and columns to the right that the last window covers. Padded elements never win:
   * they are minus infinity. Negative never; a window that would start beyond is not computed.
   */
  readonly paddingAfter: number;
}

export interface RouteLayer extends LayerBase {
  readonly kind: 'route';
  /** Absolute indices, resolved from Darknet's relative ones. */
  readonly sources: readonly number[];
}

export interface ReorgLayer extends LayerBase {
  readonly kind: 'reorg';
  readonly stride: number;
}

export interface ShortcutLayer extends LayerBase {
  readonly kind: 'shortcut';
  readonly source: number;
  readonly activation: Activation;
}

export interface UpsampleLayer extends LayerBase {
  readonly kind: 'upsample';
  readonly stride: number;
}

export interface AvgpoolLayer extends LayerBase {
  readonly kind: 'avgpool';
}

export interface SoftmaxLayer extends LayerBase {
  readonly kind: 'softmax';
  readonly groups: number;
}

export interface RegionLayer extends LayerBase {
  readonly kind: 'region';
  readonly classes: number;
  readonly coords: number;
  /** Pairs of width and height, in cells of the output grid. */
  readonly anchors: readonly number[];
  readonly softmax: boolean;
}

export interface YoloLayer extends LayerBase {
  readonly kind: 'yolo';
  readonly classes: number;
  /** All anchors of the network, pairs of width and height in pixels of the network's input. */
  readonly anchors: readonly number[];
  /** Which of the anchors this layer uses. */
  readonly mask: readonly number[];
}

/** Layers whose output is decoded into objects. */
export type DetectionLayer = RegionLayer | YoloLayer;

export type Layer =
  | ConvolutionalLayer
  | MaxpoolLayer
  | RouteLayer
  | ReorgLayer
  | ShortcutLayer
  | UpsampleLayer
  | AvgpoolLayer
  | SoftmaxLayer
  | RegionLayer
  | YoloLayer;

export interface Network {
  /** Usually the cfg's file name without its extension. */
  readonly name: string;
  readonly input: Shape;
  readonly layers: readonly Layer[];
}

/** One convolution's parameters, batch normalisation already folded in. */
export interface ConvolutionWeights {
  /** [filters][channels / groups][size][size]. */
  readonly kernel: Float32Array;
  /** [filters]. */
  readonly bias: Float32Array;
}

export function isDetectionLayer(layer: Layer): layer is DetectionLayer {
  return layer.kind === 'region' || layer.kind === 'yolo';
}

export function elements(shape: Shape): number {
  return shape.channels * shape.height * shape.width;
}
