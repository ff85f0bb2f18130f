/**
 * In what precision weights are held. Activations are float32 in all of them; a kernel's values become
 * float32 again where they are used, so that tiles give the bits of the whole (decision 0009).
 */
import type { ConvolutionalLayer } from './network.ts';

/**
 * `float16-weights`: kernels rounded to IEEE half precision. `int8`: kernels in 8 bits, each filter with a
 * scale of its own.
 */
export const PRECISIONS = ['float32', 'float16-weights', 'int8'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** A quantised value is at most this, so that a kernel's signs are treated alike. */
const LARGEST_INT8 = 127;

export interface QuantizedKernel {
  /** As many as the kernel has, in its order. */
  readonly values: Int8Array;
  /** By filter: a value times this is the weight. */
  readonly scales: Float32Array;
}

/** Each filter's largest weight becomes ±127, the others the nearest step; a filter of zeros stays one. */
export function quantizeKernel(
  { filters }: Pick<ConvolutionalLayer, 'filters'>,
  kernel: Float32Array,
): QuantizedKernel {
  const values = new Int8Array(kernel.length);
  const scales = new Float32Array(filters);
  const perFilter = kernel.length / filters;
  for (let filter = 0; filter < filters; filter++) {
    const own = kernel.subarray(filter * perFilter, (filter + 1) * perFilter);
    const largest = own.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    if (largest === 0) continue;
    scales[filter] = largest / LARGEST_INT8;
    for (const [index, weight] of own.entries()) {
      values[filter * perFilter + index] = Math.round((weight * LARGEST_INT8) / largest);
    }
  }
  return { values, scales };
}

/** The bits of the nearest half-precision numbers, ties to even; beyond 65504 infinity (IEEE 754). */
export function halfBits(kernel: Float32Array): Uint16Array {
  const bits = new Uint32Array(kernel.buffer, kernel.byteOffset, kernel.length);
  const halves = new Uint16Array(kernel.length);
  for (let index = 0; index < bits.length; index++) halves[index] = halfOf(bits[index]!);
  return halves;
}

function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  const unbiased = exponent - 127;
  if (unbiased > 15) return sign | 0x7c00;
  if (unbiased < -25) return sign;
  // Below 2^-14 a half has no leading one: its steps are 2^-24.
  const shift = unbiased < -14 ? -1 - unbiased : 13;
  const significand = unbiased < -14 ? fraction | 0x800000 : fraction;
  const kept = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  const up = rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0;
  // A carry out of the fraction raises the exponent, up to infinity: as it should be.
  const base = unbiased < -14 ? 0 : (unbiased + 15) << 10;
  return sign | (base + kept + up);
}

/** What half-precision bits stand for. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The kernel as float32, of the values that the precision has left. */
export function roundKernel(
  layer: Pick<ConvolutionalLayer, 'filters'>,
  kernel: Float32Array,
  precision: Precision,
): Float32Array {
  if (precision === 'float32') return kernel;
  if (precision === 'float16-weights') return Float32Array.from(halfBits(kernel), halfValue);
  const { values, scales } = quantizeKernel(layer, kernel);
  const perFilter = kernel.length / layer.filters;
  return Float32Array.from(values, (value, at) => value * scales[Math.floor(at / perFilter)]!);
}
