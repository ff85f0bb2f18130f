import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Component } from './frame.ts';
import { componentSamples } from './samples.ts';

function block(coefficients: readonly number[], factor = 1): Component {
  return {
    id: 1,
    across: 1,
    down: 1,
    quantizationIndex: 0,
    width: 8,
    height: 8,
    blockColumns: 1,
    blockRows: 1,
    coefficients: Int16Array.from({ length: 64 }, (_, index) => coefficients[index] ?? 0),
    quantization: new Uint16Array(64).fill(factor),
  };
}

/** The definition (T.81, A.3.3), in floating point. */
function definition(coefficients: readonly number[]): number[] {
  const scale = (index: number) => (index === 0 ? Math.SQRT1_2 : 1);
  const wave = (place: number, index: number) => Math.cos(((2 * place + 1) * index * Math.PI) / 16);
  return Array.from({ length: 64 }, (_, place) => {
    const [y, x] = [Math.floor(place / 8), place % 8];
    let sum = 0;
    for (const [index, value] of coefficients.entries()) {
      const [v, u] = [Math.floor(index / 8), index % 8];
      sum += scale(u) * scale(v) * value * wave(x, u) * wave(y, v);
    }
    return Math.min(255, Math.max(0, sum / 4 + 128));
  });
}

test('the transform is the cosine transform, within rounding', () => {
  const coefficient = fc.integer({ min: -300, max: 300 });
  fc.assert(
    fc.property(fc.array(coefficient, { minLength: 64, maxLength: 64 }), (coefficients) => {
      const expected = definition(coefficients);
      for (const [place, sample] of componentSamples(block(coefficients)).entries()) {
        expect(Math.abs(sample - expected[place]!)).toBeLessThan(1);
      }
    }),
  );
});

test('coefficients are multiplied by their factors', () => {
  expect(componentSamples(block([5], 16))).toEqual(componentSamples(block([80])));
  expect(componentSamples(block([80]))).toEqual(new Uint8Array(64).fill(138));
});
