/** Darknet's layers in ONNX operators. One function a kind; each returns the name of its output. */
import type {
  Activation,
  ConvolutionalLayer,
  ConvolutionWeights,
  Layer,
  MaxpoolLayer,
  ReorgLayer,
} from '../../model/network.ts';
import type { GraphBuilder } from './graph.ts';
import { addSpareRows, cutSpareRows, needsSpareRows } from './spare-rows.ts';

/** Darknet's slope of leaky ReLU below zero. */
const LEAKY_SLOPE = 0.1;

/** `layer`: padding is the layer's own. `given`: what reaches the layer is padded already. */
export type Padding = 'layer' | 'given';

export interface LayerContext {
  readonly graph: GraphBuilder;
  readonly padding: Padding;
  /** Name of the value that holds an earlier layer's output. */
  readonly outputOf: (layer: number) => string;
  readonly weights: (layer: number) => Promise<ConvolutionWeights>;
}

export async function addLayer(
  layer: Layer,
  input: string,
  context: LayerContext,
): Promise<string> {
  const { graph } = context;
  const output = layerOutputName(layer.index);
  switch (layer.kind) {
    case 'convolutional':
      return addConvolution(layer, input, context);
    case 'maxpool':
      return addMaxpool(layer, input, context);
    case 'route':
      return graph.node('Concat', layer.sources.map(context.outputOf), output, { axis: 1 });
    case 'reorg':
      return addReorg(layer, input, graph);
    case 'shortcut': {
      const sum = `${output}.sum`;
      graph.node('Add', [input, context.outputOf(layer.source)], sum);
      return addActivation(layer.activation, sum, output, graph);
    }
    case 'upsample': {
      const none = graph.floats(`${output}.roi`, []);
      const scales = graph.floats(`${output}.scales`, [1, 1, layer.stride, layer.stride]);
      return graph.node('Resize', [input, none, scales], output, {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      });
    }
    case 'avgpool':
      return graph.node('GlobalAveragePool', [input], output);
    case 'softmax': {
      // Darknet takes the whole map as `groups` rows.
      const { channels, height, width } = layer.output;
      const rows = graph.integers(`${output}.rows`, [layer.groups, -1]);
      const shape = graph.integers(`${output}.shape`, [1, channels, height, width]);
      graph.node('Reshape', [input, rows], `${output}.flat`);
      graph.node('Softmax', [`${output}.flat`], `${output}.softmax`, { axis: 1 });
      return graph.node('Reshape', [`${output}.softmax`, shape], output);
    }
    // Detections are decoded outside the engine, from what stands before this layer.
    case 'region':
    case 'yolo':
      return input;
    default:
      return layer satisfies never;
  }
}

export function layerOutputName(layer: number): string {
  return `layer${layer}`;
}

async function addConvolution(
  layer: ConvolutionalLayer,
  input: string,
  { graph, padding, weights }: LayerContext,
): Promise<string> {
  const { kernel, bias } = await weights(layer.index);
  const output = layerOutputName(layer.index);
  const channels = layer.input.channels / layer.groups;
  const kernelName = graph.constant(`${output}.kernel`, kernel, [
    layer.filters,
    channels,
    layer.size,
    layer.size,
  ]);
  const biasName = graph.constant(`${output}.bias`, bias, [layer.filters]);
  const pad = padding === 'layer' ? layer.padding : 0;
  const spare = needsSpareRows(layer);
  const source = spare ? addSpareRows(graph, input, layer) : input;
  const activated = spare ? `${output}.tall` : output;
  // A window as wide as a map without padding would be multiplied by yet another routine.
  const below = spare && channels === 1 ? pad + layer.stride : pad;
  const value = layer.activation === 'linear' ? activated : `${output}.convolution`;
  graph.node('Conv', [source, kernelName, biasName], value, {
    kernel_shape: [layer.size, layer.size],
    strides: [layer.stride, layer.stride],
    pads: [pad, pad, below, pad],
    group: layer.groups,
  });
  addActivation(layer.activation, value, activated, graph);
  return spare ? cutSpareRows(graph, activated, output, layer) : output;
}

function addMaxpool(layer: MaxpoolLayer, input: string, { graph, padding }: LayerContext): string {
  const before = padding === 'layer' ? layer.paddingBefore : 0;
  const after = padding === 'layer' ? layer.paddingAfter : 0;
  return graph.node('MaxPool', [input], layerOutputName(layer.index), {
    kernel_shape: [layer.size, layer.size],
    strides: [layer.stride, layer.stride],
    pads: [before, before, after, after],
  });
}

/**
 * Darknet's reorg as YOLOv2 uses it (reorg_cpu with forward = 0). It reads its input as if that had
 * [channels / s²][height · s][width · s], moves every s×s square into the channels, and calls the
 * result [channels · s²][height / s][width / s]: not the space-to-depth one would expect, but what
 * trained weights rely on.
 */
function addReorg(layer: ReorgLayer, input: string, graph: GraphBuilder): string {
  const { channels, height, width } = layer.input;
  const { stride } = layer;
  const output = layerOutputName(layer.index);
  const split = graph.integers(`${output}.split`, [
    channels / (stride * stride),
    height,
    stride,
    width,
    stride,
  ]);
  const shape = graph.integers(`${output}.shape`, [
    1,
    layer.output.channels,
    layer.output.height,
    layer.output.width,
  ]);
  graph.node('Reshape', [input, split], `${output}.squares`);
  graph.node('Transpose', [`${output}.squares`], `${output}.moved`, { perm: [2, 4, 0, 1, 3] });
  return graph.node('Reshape', [`${output}.moved`, shape], output);
}

function addActivation(
  activation: Activation,
  input: string,
  output: string,
  graph: GraphBuilder,
): string {
  switch (activation) {
    case 'linear':
      return input === output ? output : graph.node('Identity', [input], output);
    case 'leaky':
      return graph.node('LeakyRelu', [input], output, { alpha: { float: LEAKY_SLOPE } });
    case 'relu':
      return graph.node('Relu', [input], output);
    case 'logistic':
      return graph.node('Sigmoid', [input], output);
    case 'mish':
      return addMish(input, output, graph);
    default:
      return activation satisfies never;
  }
}

/**
 * mish(x) = x · tanh(ln(1 + eˣ)) = x · w / (w + 2), where w = eˣ · (eˣ + 2). Not by ONNX's Softplus:
 * onnxruntime computes the last few elements of a map with another logarithm than the rest, so that
 * a tile's would not be those of the whole map.
 */
function addMish(input: string, output: string, graph: GraphBuilder): string {
  const two = graph.floats(`${output}.two`, [2]);
  // From here on the quotient is 1 as a float, and eˣ squared is still far from its largest value.
  const limit = graph.floats(`${output}.limit`, [20]);
  graph.node('Min', [input, limit], `${output}.limited`);
  graph.node('Exp', [`${output}.limited`], `${output}.power`);
  graph.node('Add', [`${output}.power`, two], `${output}.power2`);
  graph.node('Mul', [`${output}.power`, `${output}.power2`], `${output}.w`);
  graph.node('Add', [`${output}.w`, two], `${output}.w2`);
  graph.node('Div', [`${output}.w`, `${output}.w2`], `${output}.share`);
  return graph.node('Mul', [input, `${output}.share`], output);
}
