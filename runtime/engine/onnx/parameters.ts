/**
 * A segment's kernels and biases as they lie in memory: once, in one piece, in the order that the
 * sessions compute with. Sessions get them as inputs of every run, by reference: as constants of their
 * graphs, onnxruntime would copy them several times while it opens, and the copies' holes stay.
 */
import * as ort from 'onnxruntime-node';
import type { ConvolutionalLayer } from '../../model/network.ts';
import type { SegmentSpec } from '../engine.ts';
import { releaseDeadMaps } from '../memory.ts';
import { blockedKernelShape, isBlocked, orderKernel, wholeBlocks } from './blocked.ts';

/** Where a tensor should start: the widest registers are filled from one line of the cache then. */
const ALIGNMENT_FLOATS = 16;
/** Where memory that the operating system gives to glibc in one piece starts within a line. */
const HEADER_FLOATS = 4;

export interface HeldParameters {
  readonly kernel: ort.Tensor;
  readonly bias: ort.Tensor;
}

interface Shapes {
  readonly kernel: readonly number[];
  readonly bias: readonly number[];
}

/** @param block channels of a block where convolutions are blocked ones */
export async function holdParameters(
  { network, from, to, weights }: SegmentSpec,
  block: number | undefined,
): Promise<ReadonlyMap<number, HeldParameters>> {
  const layers = network.layers.slice(from, to).filter((layer) => layer.kind === 'convolutional');
  const shapes = layers.map((layer) => parameterShapes(layer, block));
  const sizes = shapes.flatMap(({ kernel, bias }) => [aligned(kernel), aligned(bias)]);
  const memory = new Float32Array(sizes.reduce((sum, size) => sum + size, ALIGNMENT_FLOATS));
  let offset = ALIGNMENT_FLOATS - HEADER_FLOATS;
  const take = (shape: readonly number[]) => {
    const data = memory.subarray(offset, offset + count(shape));
    offset += aligned(shape);
    return data;
  };
  const held = new Map<number, HeldParameters>();
  for (const [position, layer] of layers.entries()) {
    const given = await weights(layer.index);
    const shape = shapes[position]!;
    const [kernel, bias] = [take(shape.kernel), take(shape.bias)];
    if (block !== undefined && isBlocked(layer)) orderKernel(layer, block, given.kernel, kernel);
    else kernel.set(given.kernel);
    bias.set(given.bias);
    held.set(layer.index, {
      kernel: new ort.Tensor('float32', kernel, shape.kernel),
      bias: new ort.Tensor('float32', bias, shape.bias),
    });
    releaseDeadMaps('minor');
  }
  releaseDeadMaps('major');
  return held;
}

export function parameterShapes(layer: ConvolutionalLayer, block: number | undefined): Shapes {
  if (block !== undefined && isBlocked(layer)) {
    return { kernel: blockedKernelShape(layer, block), bias: [wholeBlocks(layer.filters, block)] };
  }
  const { filters, input, groups, size } = layer;
  return { kernel: [filters, input.channels / groups, size, size], bias: [filters] };
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function aligned(shape: readonly number[]): number {
  return Math.ceil(count(shape) / ALIGNMENT_FLOATS) * ALIGNMENT_FLOATS;
}
