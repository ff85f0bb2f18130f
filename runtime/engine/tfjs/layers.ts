/** Darknet's layers in TensorFlow.js' operations. */
import type {
  Activation,
  ConvolutionalLayer,
  Layer,
  MaxpoolLayer,
  ReorgLayer,
  SoftmaxLayer,
  UpsampleLayer,
} from '../../model/network.ts';
import { paddingValue } from '../engine.ts';
import { type Convolution, convolve } from './convolution.ts';
import { inWholeVectors } from './steady.ts';
import {
  joinSurround,
  type Map4D,
  type Tensor,
  type TensorFlow,
  type TfjsLibrary,
} from './tensors.ts';

const LEAKY_SLOPE = 0.1;

export interface LayerContext {
  /** Whether the layer's own padding is still to be added. */
  readonly pads: boolean;
  readonly outputOf: (layer: number) => Map4D;
  readonly convolutionOf: (layer: number) => Convolution;
}

/** Call it inside a `tidy`: it leaves tensors behind. May return its input itself. */
export function computeLayer(
  library: TfjsLibrary,
  layer: Layer,
  input: Map4D,
  { pads, outputOf, convolutionOf }: LayerContext,
): Map4D {
  const { tf } = library;
  switch (layer.kind) {
    case 'convolutional':
      return computeConvolution(library, layer, input, convolutionOf(layer.index), pads);
    case 'maxpool':
      return computeMaxpool(tf, layer, input, pads);
    case 'route':
      return joinChannels(tf, layer.sources.map(outputOf));
    case 'reorg':
      return computeReorg(tf, layer, input);
    case 'shortcut':
      return activate(library, layer.activation, tf.add(input, outputOf(layer.source)));
    case 'upsample':
      return computeUpsample(tf, layer, input);
    case 'avgpool':
      return tf.mean(input, [1, 2], true);
    case 'softmax':
      return computeSoftmax(tf, layer, input);
    // Detections are decoded outside the engine, from what stands before this layer.
    case 'region':
    case 'yolo':
      return input;
    default:
      return layer satisfies never;
  }
}

function computeConvolution(
  library: TfjsLibrary,
  layer: ConvolutionalLayer,
  input: Map4D,
  convolution: Convolution,
  pads: boolean,
): Map4D {
  const sums = convolve(library, layer, input, convolution, pads ? layer.padding : 0);
  return activate(library, layer.activation, sums);
}

function computeMaxpool(tf: TensorFlow, layer: MaxpoolLayer, input: Map4D, pads: boolean): Map4D {
  const { size, stride, paddingBefore: left, paddingAfter: right } = layer;
  const around = { left, right, top: left, bottom: right };
  const padded = pads ? joinSurround(tf, input, around, paddingValue(layer)) : input;
  return tf.maxPool(padded, size, stride, 'valid');
}

function joinChannels(tf: TensorFlow, maps: readonly Map4D[]): Map4D {
  return maps.length === 1 ? maps[0]! : tf.concat([...maps], 3);
}

/**
 * Darknet's reorg as YOLOv2 uses it (reorg_cpu with forward = 0): its planar input is read as if it had
 * [channels / s²][height · s][width · s], every s×s square is moved into the channels, and the result
 * is called [channels · s²][height / s][width / s].
 */
function computeReorg(tf: TensorFlow, layer: ReorgLayer, input: Map4D): Map4D {
  const { stride, output } = layer;
  const { channels, height, width } = layer.input;
  const planar = tf.transpose(input, [0, 3, 1, 2]);
  const squares = tf.reshape(planar, [channels / stride ** 2, height, stride, width, stride]);
  const moved = tf.transpose(squares, [2, 4, 0, 1, 3]);
  const named = tf.reshape(moved, [1, output.channels, output.height, output.width]);
  return tf.transpose(named, [0, 2, 3, 1]) as Map4D;
}

/** By copies, since resizing works out in floats which element is the nearest. */
function computeUpsample(tf: TensorFlow, layer: UpsampleLayer, input: Map4D): Map4D {
  const { channels, height, width } = layer.output;
  const copies = (map: Tensor, axis: number) => tf.concat(Array(layer.stride).fill(map), axis);
  const wide = copies(tf.reshape(input, [layer.input.height, layer.input.width, 1, channels]), 2);
  const tall = copies(tf.reshape(wide, [layer.input.height, 1, width, channels]), 1);
  return tf.reshape(tall, [1, height, width, channels]);
}

/** Darknet takes the whole planar map as `groups` rows. */
function computeSoftmax(tf: TensorFlow, layer: SoftmaxLayer, input: Map4D): Map4D {
  const { channels, height, width } = layer.output;
  const rows = tf.reshape(tf.transpose(input, [0, 3, 1, 2]), [layer.groups, -1]);
  const planar = tf.reshape(tf.softmax(rows), [1, channels, height, width]);
  return tf.transpose(planar, [0, 2, 3, 1]) as Map4D;
}

function activate(library: TfjsLibrary, activation: Activation, map: Map4D): Map4D {
  const { tf } = library;
  switch (activation) {
    case 'linear':
      return map;
    case 'leaky':
      return tf.leakyRelu(map, LEAKY_SLOPE);
    case 'relu':
      return tf.relu(map);
    case 'logistic':
      return inWholeVectors(library, map, tf.sigmoid);
    case 'mish':
      return mish(library, map);
    default:
      return activation satisfies never;
  }
}

/** mish(x) = x · tanh(ln(1 + eˣ)) = x · w / (w + 2), where w = eˣ · (eˣ + 2). */
function mish(library: TfjsLibrary, map: Map4D): Map4D {
  const { tf } = library;
  // From 20 on the quotient is 1 as a float, and eˣ squared is still far from its largest value.
  const power = inWholeVectors(library, tf.minimum(map, 20), tf.exp);
  const w = tf.mul(power, tf.add(power, 2));
  return tf.mul(map, tf.div(w, tf.add(w, 2)));
}
