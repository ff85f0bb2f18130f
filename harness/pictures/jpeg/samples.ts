/**
 * From coefficients to samples: the inverse cosine transform of Darknet's decoder (stb_image.h,
 * stbi__idct_block), in the same integers, so that every sample is the same.
 */
import type { Component } from './frame.ts';

/** [blockRows · 8][blockColumns · 8]. */
export function componentSamples(component: Component): Uint8Array {
  const { blockColumns, blockRows, coefficients, quantization } = component;
  const stride = 8 * blockColumns;
  const samples = new Uint8ClampedArray(8 * blockRows * stride);
  const block = new Int32Array(64);
  for (let row = 0; row < blockRows; row++) {
    for (let column = 0; column < blockColumns; column++) {
      const from = 64 * (row * blockColumns + column);
      for (let index = 0; index < 64; index++) {
        // The product is kept in 16 bits.
        block[index] = ((coefficients[from + index]! * quantization![index]!) << 16) >> 16;
      }
      inverseTransform(block, samples, 8 * (row * stride + column), stride);
    }
  }
  return new Uint8Array(samples.buffer);
}

/** Factors of the transform (Loeffler, Ligtenberg and Moschytz, 1989), as fractions of 4096. */
const C = {
  even1: fixed(0.5411961),
  even2: fixed(-1.847759065),
  even3: fixed(0.765366865),
  odd: fixed(1.175875602),
  odd0: fixed(0.298631336),
  odd1: fixed(2.053119869),
  odd2: fixed(3.072711026),
  odd3: fixed(1.50132111),
  odd03: fixed(-0.899976223),
  odd12: fixed(-2.562915447),
  odd02: fixed(-1.96157056),
  odd13: fixed(-0.390180644),
} as const;

function fixed(value: number): number {
  return Math.trunc(value * 4096 + 0.5);
}

/** Columns keep two more bits, with rounding; rows take off all 17 and bring 128 to the middle. */
const COLUMN = { bias: 512, shift: 10 } as const;
const ROW = { bias: 65_536 + (128 << 17), shift: 17 } as const;

/** `block` is changed. */
function inverseTransform(
  block: Int32Array,
  samples: Uint8ClampedArray,
  at: number,
  stride: number,
): void {
  for (let column = 0; column < 8; column++) transformLine(block, column, 8, COLUMN);
  for (let row = 0; row < 8; row++) {
    transformLine(block, 8 * row, 1, ROW);
    for (let column = 0; column < 8; column++) {
      samples[at + row * stride + column] = block[8 * row + column]!;
    }
  }
}

/** Eight values that lie `step` apart, in place. */
function transformLine(
  block: Int32Array,
  at: number,
  step: number,
  { bias, shift }: { readonly bias: number; readonly shift: number },
): void {
  const s0 = block[at]!;
  const s1 = block[at + step]!;
  const s2 = block[at + 2 * step]!;
  const s3 = block[at + 3 * step]!;
  const s4 = block[at + 4 * step]!;
  const s5 = block[at + 5 * step]!;
  const s6 = block[at + 6 * step]!;
  const s7 = block[at + 7 * step]!;

  const even = (s2 + s6) * C.even1;
  const e2 = even + s6 * C.even2;
  const e3 = even + s2 * C.even3;
  const e0 = (s0 + s4) * 4096;
  const e1 = (s0 - s4) * 4096;
  const x0 = e0 + e3 + bias;
  const x1 = e1 + e2 + bias;
  const x2 = e1 - e2 + bias;
  const x3 = e0 - e3 + bias;

  const odd = (s7 + s3 + s5 + s1) * C.odd;
  const o03 = odd + (s7 + s1) * C.odd03;
  const o12 = odd + (s5 + s3) * C.odd12;
  const o02 = (s7 + s3) * C.odd02;
  const o13 = (s5 + s1) * C.odd13;
  const t0 = s7 * C.odd0 + o03 + o02;
  const t1 = s5 * C.odd1 + o12 + o13;
  const t2 = s3 * C.odd2 + o12 + o02;
  const t3 = s1 * C.odd3 + o03 + o13;

  block[at] = (x0 + t3) >> shift;
  block[at + step] = (x1 + t2) >> shift;
  block[at + 2 * step] = (x2 + t1) >> shift;
  block[at + 3 * step] = (x3 + t0) >> shift;
  block[at + 4 * step] = (x3 - t0) >> shift;
  block[at + 5 * step] = (x2 - t1) >> shift;
  block[at + 6 * step] = (x1 - t2) >> shift;
  block[at + 7 * step] = (x0 - t3) >> shift;
}
