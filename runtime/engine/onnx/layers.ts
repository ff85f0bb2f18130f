/** Darknet's layers in ONNX operators. One function a kind; each returns the name of its output. */
import type {
  Activation,
  ConvolutionalLayer,
  Layer,
  MaxpoolLayer,
  ReorgLayer,
} from '../../model/network.ts';
import type { Border } from '../../partition/region.ts';
import { isBlocked, takesBlocks } from './blocked.ts';
import type { Attribute, GraphBuilder } from './graph.ts';
import type { Layouts } from './layouts.ts';
import { addSpareRows, cutSpareRows, needsSpareRows } from './spare-rows.ts';

/** Darknet's slope of leaky ReLU below zero. */
const LEAKY_SLOPE = 0.1;

export interface LayerContext {
  readonly graph: GraphBuilder;
  /** What the layer itself pads its input by; nothing where what reaches it is padded already. */
  readonly paddingOf: (layer: ConvolutionalLayer | MaxpoolLayer) => Border;
  readonly layouts: Layouts;
  /** Channels of a block where convolutions are to be blocked ones; undefined: ordinary ones. */
  readonly block: number | undefined;
  /** Name of an earlier layer's output. */
  readonly outputOf: (layer: number) => string;
  /** Names of the values that hold a convolution's parameters, in blocks where it is a blocked one. */
  readonly parametersOf: (layer: ConvolutionalLayer) => Parameters;
}

export interface Parameters {
  readonly kernel: string;
  readonly bias: string;
}

/** Returns the name of the layer's output, whose order in memory the context's layouts know. */
export function addLayer(layer: Layer, input: string, context: LayerContext): string {
  const { graph, layouts, block } = context;
  const output = layerOutputName(layer.index);
  const plain = (index: number) => layouts.plain(context.outputOf(index));
  if (layer.kind === 'convolutional' && block !== undefined && isBlocked(layer)) {
    return addBlockedConvolution(layer, input, { ...context, block });
  }
  if (layer.kind === 'maxpool' && block !== undefined && layouts.isBlocked(input)) {
    return addBlockedMaxpool(layer, input, context);
  }
  layouts.plain(input);
  switch (layer.kind) {
    case 'convolutional':
      return addConvolution(layer, input, context);
    case 'maxpool':
      return graph.node(
        'MaxPool',
        [input],
        output,
        windowAttributes(layer, context.paddingOf(layer)),
      );
    case 'route':
      return graph.node('Concat', layer.sources.map(plain), output, { axis: 1 });
    case 'reorg':
      return addReorg(layer, input, graph);
    case 'shortcut': {
      const sum = `${output}.sum`;
      graph.node('Add', [input, plain(layer.source)], sum);
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

/** Of a layer whose input is its whole map. */
export function ownPadding(layer: ConvolutionalLayer | MaxpoolLayer): Border {
  const [before, after] =
    layer.kind === 'convolutional'
      ? [layer.padding, layer.padding]
      : [layer.paddingBefore, layer.paddingAfter];
  return { left: before, right: after, top: before, bottom: after };
}

export function layerOutputName(layer: number): string {
  return `layer${layer}`;
}

function addBlockedConvolution(
  layer: ConvolutionalLayer,
  input: string,
  { graph, paddingOf, layouts, block, parametersOf }: LayerContext & { readonly block: number },
): string {
  const { kernel, bias } = parametersOf(layer);
  const output = layerOutputName(layer.index);
  const source = takesBlocks(layer, block) ? layouts.blocked(input) : layouts.plain(input);
  const fused = FUSED_ACTIVATIONS[layer.activation];
  const map = fused === undefined ? `${output}.convolution` : output;
  graph.blockedNode('Conv', [source, kernel, bias], layouts.makeBlocked(map, layer.filters), {
    ...convolutionAttributes(layer, paddingOf(layer)),
    ...fused,
  });
  if (fused !== undefined) return output;
  return addActivation(layer.activation, layouts.plain(map), output, graph);
}

/** Activations that the blocked convolution computes itself. */
const FUSED_ACTIVATIONS: Partial<Record<Activation, Readonly<Record<string, Attribute>>>> = {
  linear: {},
  relu: { activation: 'Relu' },
  leaky: { activation: 'LeakyRelu', activation_params: { floats: [LEAKY_SLOPE] } },
};

function addConvolution(
  layer: ConvolutionalLayer,
  input: string,
  { graph, paddingOf, parametersOf }: LayerContext,
): string {
  const { kernel, bias } = parametersOf(layer);
  const output = layerOutputName(layer.index);
  const padding = paddingOf(layer);
  const spare = needsSpareRows(layer);
  const source = spare ? addSpareRows(graph, input, layer) : input;
  const activated = spare ? `${output}.tall` : output;
  // A window as wide as a map without padding would be multiplied by yet another routine.
  const channels = layer.input.channels / layer.groups;
  const bottom = padding.bottom + (spare && channels === 1 ? layer.stride : 0);
  const value = layer.activation === 'linear' ? activated : `${output}.convolution`;
  const attributes = convolutionAttributes(layer, { ...padding, bottom });
  graph.node('Conv', [source, kernel, bias], value, attributes);
  addActivation(layer.activation, value, activated, graph);
  return spare ? cutSpareRows(graph, activated, output, layer) : output;
}

function convolutionAttributes(layer: ConvolutionalLayer, padding: Border) {
  return { ...windowAttributes(layer, padding), group: layer.groups };
}

function windowAttributes(
  { size, stride }: ConvolutionalLayer | MaxpoolLayer,
  { left, right, top, bottom }: Border,
) {
  return {
    kernel_shape: [size, size],
    strides: [stride, stride],
    pads: [top, left, bottom, right],
  };
}

function addBlockedMaxpool(
  layer: MaxpoolLayer,
  input: string,
  { graph, paddingOf, layouts }: LayerContext,
): string {
  const output = layerOutputName(layer.index);
  const made = layouts.makeBlocked(output, layer.output.channels);
  const attributes = windowAttributes(layer, paddingOf(layer));
  graph.blockedNode('MaxPool', [layouts.blocked(input)], made, attributes);
  return output;
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
