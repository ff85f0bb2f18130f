/**
 * A second, independent implementation of Darknet's layers: loops over single elements in double
 * precision, as slow and as plain as can be. Engines are compared with it.
 */
import type {
  Activation,
  ConvolutionalLayer,
  ConvolutionWeights,
  Layer,
  MaxpoolLayer,
  Network,
  ReorgLayer,
  RouteLayer,
  Shape,
  UpsampleLayer,
} from '../model/network.ts';
import { elements } from '../model/network.ts';

/** Outputs of all layers, [channels][height][width] each; a detection layer passes its input on. */
export function computeNaively(
  network: Network,
  weights: (layer: number) => ConvolutionWeights,
  input: Float32Array,
): Float64Array[] {
  const maps: Float64Array[] = [];
  let before = Float64Array.from(input);
  for (const layer of network.layers) {
    before = computeLayer(layer, before, maps, weights);
    maps.push(before);
  }
  return maps;
}

function computeLayer(
  layer: Layer,
  input: Float64Array,
  maps: readonly Float64Array[],
  weights: (layer: number) => ConvolutionWeights,
): Float64Array<ArrayBuffer> {
  switch (layer.kind) {
    case 'convolutional':
      return convolve(layer, input, weights(layer.index));
    case 'maxpool':
      return pool(layer, input);
    case 'route':
      return route(layer, maps);
    case 'reorg':
      return reorganise(layer, input);
    case 'shortcut': {
      const other = maps[layer.source]!;
      return Float64Array.from(input, (value, at) =>
        activate(layer.activation, value + other[at]!),
      );
    }
    case 'upsample':
      return upsample(layer, input);
    case 'avgpool':
      return average(layer.input, input);
    case 'softmax':
      return softmax(input, layer.groups);
    case 'region':
    case 'yolo':
      return Float64Array.from(input);
    default:
      return layer satisfies never;
  }
}

function at({ height, width }: Shape, channel: number, y: number, x: number): number {
  return (channel * height + y) * width + x;
}

function convolve(
  layer: ConvolutionalLayer,
  input: Float64Array,
  { kernel, bias }: ConvolutionWeights,
): Float64Array<ArrayBuffer> {
  const { size, stride, padding, groups } = layer;
  const channels = layer.input.channels / groups;
  return forEachOutput(layer.output, (filter, y, x) => {
    const firstChannel = Math.floor((filter * groups) / layer.filters) * channels;
    let sum = bias[filter]!;
    for (let channel = 0; channel < channels; channel++) {
      for (let row = 0; row < size; row++) {
        for (let column = 0; column < size; column++) {
          const [fromY, fromX] = [y * stride - padding + row, x * stride - padding + column];
          if (!isInside(layer.input, fromY, fromX)) continue;
          const weight = kernel[((filter * channels + channel) * size + row) * size + column]!;
          sum += weight * input[at(layer.input, firstChannel + channel, fromY, fromX)]!;
        }
      }
    }
    return activate(layer.activation, sum);
  });
}

function pool(layer: MaxpoolLayer, input: Float64Array): Float64Array<ArrayBuffer> {
  return forEachOutput(layer.output, (channel, y, x) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < layer.size; row++) {
      for (let column = 0; column < layer.size; column++) {
        const fromY = y * layer.stride - layer.paddingBefore + row;
        const fromX = x * layer.stride - layer.paddingBefore + column;
        if (!isInside(layer.input, fromY, fromX)) continue;
        largest = Math.max(largest, input[at(layer.input, channel, fromY, fromX)]!);
      }
    }
    return largest;
  });
}

function route(layer: RouteLayer, maps: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  return Float64Array.from(layer.sources.flatMap((source) => [...maps[source]!]));
}

/** Darknet's reorg_cpu with forward = 0, index for index. */
function reorganise(layer: ReorgLayer, input: Float64Array): Float64Array<ArrayBuffer> {
  const { channels, height, width } = layer.input;
  const { stride } = layer;
  const outputChannels = channels / (stride * stride);
  const output = new Float64Array(elements(layer.output));
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const offset = Math.floor(channel / outputChannels);
        const fromX = x * stride + (offset % stride);
        const fromY = y * stride + Math.floor(offset / stride);
        const from =
          fromX + width * stride * (fromY + height * stride * (channel % outputChannels));
        output[at(layer.input, channel, y, x)] = input[from]!;
      }
    }
  }
  return output;
}

function upsample(layer: UpsampleLayer, input: Float64Array): Float64Array<ArrayBuffer> {
  return forEachOutput(layer.output, (channel, y, x) => {
    const [fromY, fromX] = [Math.floor(y / layer.stride), Math.floor(x / layer.stride)];
    return input[at(layer.input, channel, fromY, fromX)]!;
  });
}

function average(shape: Shape, input: Float64Array): Float64Array<ArrayBuffer> {
  const cells = shape.height * shape.width;
  return Float64Array.from({ length: shape.channels }, (_, channel) => {
    const map = input.subarray(channel * cells, (channel + 1) * cells);
    return map.reduce((sum, value) => sum + value, 0) / cells;
  });
}

function softmax(input: Float64Array, groups: number): Float64Array<ArrayBuffer> {
  const output = new Float64Array(input.length);
  const count = input.length / groups;
  for (let group = 0; group < groups; group++) {
    const powers = input.slice(group * count, (group + 1) * count).map((value) => Math.exp(value));
    const sum = powers.reduce((total, power) => total + power, 0);
    output.set(
      powers.map((power) => power / sum),
      group * count,
    );
  }
  return output;
}

function forEachOutput(
  shape: Shape,
  compute: (channel: number, y: number, x: number) => number,
): Float64Array<ArrayBuffer> {
  const output = new Float64Array(elements(shape));
  for (let channel = 0; channel < shape.channels; channel++) {
    for (let y = 0; y < shape.height; y++) {
      for (let x = 0; x < shape.width; x++) {
        output[at(shape, channel, y, x)] = compute(channel, y, x);
      }
    }
  }
  return output;
}

function isInside({ height, width }: Shape, y: number, x: number): boolean {
  return y >= 0 && y < height && x >= 0 && x < width;
}

function activate(activation: Activation, value: number): number {
  switch (activation) {
    case 'linear':
      return value;
    case 'leaky':
      return value > 0 ? value : 0.1 * value;
    case 'relu':
      return Math.max(0, value);
    case 'logistic':
      return 1 / (1 + Math.exp(-value));
    case 'mish':
      return value * Math.tanh(Math.log1p(Math.exp(value)));
    default:
      return activation satisfies never;
  }
}
