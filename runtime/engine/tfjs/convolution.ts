/** Convolutions, with groups, in TensorFlow.js' operations. */
import type { ConvolutionalLayer, ConvolutionWeights } from '../../model/network.ts';
import { inPairs, spareRows } from './steady.ts';
import type { Map4D, Tensor, TfjsLibrary } from './tensors.ts';

/** A layer's parameters as tensors, which belong to the segment. */
export type Convolution = {
  /** [size, size, channels / groups, filters / groups] for each group, or one depthwise kernel. */
  readonly kernels: Map4D[];
  /** [filters] */
  readonly bias: Tensor;
};

/** Every filter sees one channel: all groups are one operation. */
function isDepthwise({ groups, input }: ConvolutionalLayer): boolean {
  return groups > 1 && groups === input.channels;
}

/** Call it inside a `tidy` that keeps what it returns. */
export function importConvolution(
  library: TfjsLibrary,
  layer: ConvolutionalLayer,
  { kernel, bias }: ConvolutionWeights,
): Convolution {
  const { tf } = library;
  const { size, groups, filters, input } = layer;
  if (isDepthwise(layer)) {
    const planar = tf.tensor(kernel, [groups, filters / groups, size, size]);
    return { kernels: [tf.transpose(planar, [2, 3, 0, 1]) as Map4D], bias: tf.tensor(bias) };
  }
  const perGroup = kernel.length / groups;
  const kernels = Array.from({ length: groups }, (_, group) => {
    const own = kernel.subarray(group * perGroup, (group + 1) * perGroup);
    const planar = tf.tensor(own, [filters / groups, input.channels / groups, size, size]);
    return inPairs(library, tf.transpose(planar, [2, 3, 1, 0]) as Map4D);
  });
  return { kernels, bias: tf.tensor(bias) };
}

/** Sums with the bias added; `padding` zeros are put around the map first. */
export function convolve(
  library: TfjsLibrary,
  layer: ConvolutionalLayer,
  input: Map4D,
  { kernels, bias }: Convolution,
  padding: number,
): Map4D {
  const { tf } = library;
  if (isDepthwise(layer)) {
    const pads = zeros(padding);
    return tf.add(tf.depthwiseConv2d(input, kernels[0]!, layer.stride, pads), bias);
  }
  const channels = layer.input.channels / layer.groups;
  const sums = kernels.map((kernel, group) => {
    const own =
      kernels.length === 1
        ? input
        : tf.slice(input, [0, 0, 0, group * channels], [-1, -1, -1, channels]);
    return convolveGroup(library, layer, own, kernel, padding);
  });
  return tf.add(sums.length === 1 ? sums[0]! : tf.concat(sums, 3), bias);
}

function convolveGroup(
  library: TfjsLibrary,
  { size, stride, filters, groups }: ConvolutionalLayer,
  input: Map4D,
  kernel: Map4D,
  padding: number,
): Map4D {
  const { tf } = library;
  const steps = (length: number) => Math.floor((length + 2 * padding - size) / stride) + 1;
  const [height, width] = [steps(input.shape[1]), steps(input.shape[2])];
  const spare = spareRows(library, { height, width });
  const tall =
    spare === 0
      ? input
      : tf.pad(input, [
          [0, 0],
          [0, spare * stride],
          [0, 0],
          [0, 0],
        ]);
  const sums = tf.conv2d(tall, kernel, stride, zeros(padding));
  const wanted: [number, number, number, number] = [1, height, width, filters / groups];
  return sums.size === height * width * wanted[3] ? sums : tf.slice(sums, [0, 0, 0, 0], wanted);
}

/** So many zeros on each side. The library takes them for a convolution as for any other operation. */
function zeros(count: number): 'valid' {
  const none = [0, 0];
  const pads = [none, [count, count], [count, count], none];
  return (count === 0 ? 'valid' : pads) as 'valid';
}
