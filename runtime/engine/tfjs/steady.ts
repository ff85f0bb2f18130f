/**
 * Keeps TensorFlow's C library to one way of computing an element, so that a tile's are the bits of the
 * whole map. Found by comparing parts of random convolutions with the whole (libtensorflow 2.12 with
 * one thread, x64, 20,000 of them); XNNPACK, behind the WebAssembly backend, needs nothing of this.
 *
 * - A convolution is a product of two matrices, filters by positions, computed in blocks whose sides
 *   are even. Where one filter or one position is left over, it is multiplied by a routine for vectors
 *   that adds up in another order: so both counts are made even. With several threads the order
 *   depends on much more, which is why the engine has one.
 * - Functions that are not exact are approximated in vectors, and otherwise for the last elements,
 *   which fill no vector: so the map is filled up.
 */
import type { Map4D, Tensor1D, TfjsLibrary } from './tensors.ts';

/** More elements than the widest vector of a processor has. */
const VECTOR = 64;

/** The kernel, with a filter of zeros more where their number is odd. */
export function inPairs({ tf, dependsOnSize }: TfjsLibrary, kernel: Map4D): Map4D {
  const spare = dependsOnSize ? kernel.shape[3] % 2 : 0;
  if (spare === 0) return kernel;
  return tf.pad(kernel, [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, spare],
  ]);
}

/** Rows to add below the layer's output, so that it has an even number of positions. */
export function spareRows(
  { dependsOnSize }: TfjsLibrary,
  output: { readonly height: number; readonly width: number },
): number {
  return dependsOnSize ? (output.height * output.width) % 2 : 0;
}

/** Computes a function that is not exact, element by element. */
export function inWholeVectors(
  { tf, dependsOnSize }: TfjsLibrary,
  map: Map4D,
  compute: <Values extends Map4D | Tensor1D>(values: Values) => Values,
): Map4D {
  if (!dependsOnSize) return compute(map);
  const { size, shape } = map;
  const flat = tf.pad(tf.reshape(map, [size]) as Tensor1D, [[0, -size & (VECTOR - 1)]]);
  return tf.reshape(tf.slice(compute(flat), 0, size), shape) as Map4D;
}
