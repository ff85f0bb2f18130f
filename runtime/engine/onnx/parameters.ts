/**
 * A segment's kernels and biases as they lie in memory: once, in one piece, in the order that the
 * sessions compute with. Sessions get them as inputs of every run, by reference: as constants of their
 * graphs, onnxruntime would copy them several times while it opens, and the copies' holes stay.
 */
import * as ort from 'onnxruntime-node';
import type { ConvolutionalLayer } from '../../model/network.ts';
import { halfBits, type Precision, quantizeKernel } from '../../model/precision.ts';
import type { SegmentSpec } from '../engine.ts';
import { releaseDeadMaps } from '../memory.ts';
import { blockedKernelShape, isBlocked, type KernelValues, orderKernel } from './blocked.ts';
import type { GraphBuilder } from './graph.ts';
import type { Parameters } from './layers.ts';

/** Where a tensor should start: the widest registers are filled from one line of the cache then. */
const ALIGNMENT_BYTES = 64;
/** Where memory that the operating system gives to glibc in one piece starts within a line. */
const HEADER_BYTES = 16;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
const KERNEL_BYTES = { float32: 4, 'float16-weights': 2, int8: 1 } as const;

export interface HeldLayer {
  /** Shape that the convolution takes; a tensor that is not float32 has three dimensions. */
  readonly shape: readonly number[];
  readonly kernel: ort.Tensor;
  readonly bias: ort.Tensor;
  /** Of a kernel in 8 bits: one a filter. */
  readonly scales: ort.Tensor | undefined;
  /** What the kernel takes as float32 while it is used; 0 where it is held so. */
  readonly expandedBytes: number;
}

export interface HeldParameters {
  readonly layers: ReadonlyMap<number, HeldLayer>;
  /** Kernels, biases and scales, in bytes; what fills up blocks is not counted. */
  readonly bytes: number;
}

/** @param block channels of a block where convolutions are blocked ones */
export async function holdParameters(
  { network, from, to, weights, precision = 'float32' }: SegmentSpec,
  block: number | undefined,
): Promise<HeldParameters> {
  const layers = network.layers.slice(from, to).filter((layer) => layer.kind === 'convolutional');
  const sizes = layers.map((layer) => heldBytes(layer, block, precision));
  const memory = new ArrayBuffer(sizes.reduce((sum, size) => sum + size, ALIGNMENT_BYTES));
  let offset = ALIGNMENT_BYTES - HEADER_BYTES;
  const take = (bytes: number) => {
    const start = offset;
    offset += aligned(bytes);
    return start;
  };
  const held = new Map<number, HeldLayer>();
  let bytes = 0;
  for (const layer of layers) {
    const given = await weights(layer.index);
    const { values, scales } = encode(layer, given.kernel, precision);
    const shape = kernelShape(layer, block);
    const inner = isInBlocks(layer, block) ? block : 1;
    const outer = shape[0]! / inner;
    // Scales are one a filter, which stands innermost in a block.
    const dimensions = precision === 'float32' ? shape : [outer, count(shape) / shape[0]!, inner];
    const kernel = arrayLike(
      values,
      memory,
      take(count(shape) * values.BYTES_PER_ELEMENT),
      count(shape),
    );
    if (isInBlocks(layer, block)) orderKernel(layer, block, values, kernel);
    else kernel.set(values);
    const floats = (from: Float32Array) => {
      const copy = new Float32Array(memory, take(shape[0]! * FLOAT_BYTES), shape[0]);
      copy.set(from);
      return copy;
    };
    held.set(layer.index, {
      shape,
      kernel: kernelTensor(kernel, dimensions),
      bias: new ort.Tensor('float32', floats(given.bias), [shape[0]!]),
      scales: scales && new ort.Tensor('float32', floats(scales), [outer, 1, inner]),
      expandedBytes: precision === 'float32' ? 0 : FLOAT_BYTES * count(shape),
    });
    bytes += values.byteLength + given.bias.byteLength + (scales?.byteLength ?? 0);
    releaseDeadMaps('minor');
  }
  releaseDeadMaps('major');
  return { layers: held, bytes };
}

/** Makes a layer's parameters inputs of a graph, and the kernel float32 there. */
export function parameterInputs(
  graph: GraphBuilder,
  { index }: ConvolutionalLayer,
  { shape, kernel, bias, scales }: HeldLayer,
  inputs: Record<string, ort.Tensor>,
): Parameters {
  const input = (name: string, tensor: ort.Tensor) => {
    inputs[name] = tensor;
    return graph.input(name, tensor.dims, tensor.type as 'float32' | 'float16' | 'int8');
  };
  const name = `kernel${index}`;
  const ends = { bias: input(`bias${index}`, bias) };
  if (kernel.type === 'float32') return { ...ends, kernel: input(name, kernel) };
  let floats = graph.toFloats(input(`${name}.held`, kernel), `${name}.floats`);
  if (scales !== undefined) {
    floats = graph.node('Mul', [floats, input(`${name}.scales`, scales)], `${name}.scaled`);
  }
  const target = graph.integers(`${name}.shape`, shape);
  return { ...ends, kernel: graph.node('Reshape', [floats, target], name) };
}

function encode(
  layer: ConvolutionalLayer,
  kernel: Float32Array,
  precision: Precision,
): { readonly values: KernelValues; readonly scales?: Float32Array } {
  switch (precision) {
    case 'float32':
      return { values: kernel };
    case 'float16-weights':
      return { values: halfBits(kernel) };
    case 'int8':
      return quantizeKernel(layer, kernel);
    default:
      return precision satisfies never;
  }
}

function kernelTensor(kernel: KernelValues, dimensions: readonly number[]): ort.Tensor {
  if (kernel instanceof Float32Array) return new ort.Tensor('float32', kernel, dimensions);
  if (kernel instanceof Uint16Array) return new ort.Tensor('float16', kernel, dimensions);
  return new ort.Tensor('int8', kernel, dimensions);
}

/** An array of the same type as another, over a part of the memory. */
function arrayLike(
  like: KernelValues,
  memory: ArrayBuffer,
  offset: number,
  length: number,
): KernelValues {
  const Values = like.constructor as new (
    memory: ArrayBuffer,
    at: number,
    length: number,
  ) => KernelValues;
  return new Values(memory, offset, length);
}

function isInBlocks(layer: ConvolutionalLayer, block: number | undefined): block is number {
  return block !== undefined && isBlocked(layer);
}

function kernelShape(layer: ConvolutionalLayer, block: number | undefined): readonly number[] {
  if (isInBlocks(layer, block)) return blockedKernelShape(layer, block);
  const { filters, input, groups, size } = layer;
  return [filters, input.channels / groups, size, size];
}

function heldBytes(
  layer: ConvolutionalLayer,
  block: number | undefined,
  precision: Precision,
): number {
  const shape = kernelShape(layer, block);
  const perFilter = aligned(FLOAT_BYTES * shape[0]!);
  const kernel = aligned(KERNEL_BYTES[precision] * count(shape));
  return kernel + perFilter * (precision === 'int8' ? 2 : 1);
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}
