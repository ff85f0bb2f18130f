/** Darknet's activations on plain arrays, for the few numbers that a detection layer looks at. */

export function logisticInPlace(values: Float32Array, from: number, count: number): void {
  for (let index = from; index < from + count; index++) {
    values[index] = 1 / (1 + Math.exp(-values[index]!));
  }
}

/** Softmax over `count` values that lie `stride` apart. */
export function softmaxInPlace(
  values: Float32Array,
  from: number,
  stride: number,
  count: number,
): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index++) {
    largest = Math.max(largest, values[from + index * stride]!);
  }
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const power = Math.exp(values[from + index * stride]! - largest);
    values[from + index * stride] = power;
    sum += power;
  }
  for (let index = 0; index < count; index++) {
    values[from + index * stride] = values[from + index * stride]! / sum;
  }
}
