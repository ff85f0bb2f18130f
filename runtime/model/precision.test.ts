import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { halfBits, halfValue, quantizeKernel } from './precision.ts';

describe('half precision', () => {
  test('every half is itself', () => {
    const all = Array.from({ length: 0x7c01 }, (_, bits) => bits);
    expect([...halfBits(Float32Array.from(all, halfValue))]).toEqual(all);
  });

  test('the nearest one, and of two that are as near the even one', () => {
    const value = fc.float({ min: -65504, max: 65504, noNaN: true });
    fc.assert(
      fc.property(value, (weight) => {
        const [bits] = halfBits(Float32Array.of(weight));
        const distance = Math.abs(halfValue(bits!) - weight);
        for (const neighbour of [bits! - 1, bits! + 1]) {
          const other = Math.abs(halfValue(neighbour & 0xffff) - weight);
          if (Number.isNaN(other) || (neighbour & 0x7fff) === 0x7fff) continue;
          expect(distance).toBeLessThanOrEqual(other);
          if (distance === other) expect(bits! & 1).toBe(0);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    [65519, 0x7bff],
    [65520, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
    [2 ** -25, 0],
    [2 ** -25 * 1.5, 1],
    [-0, 0x8000],
  ])('%d', (weight, bits) => {
    expect(halfBits(Float32Array.of(weight))[0]).toBe(bits);
  });
});

test('a quantised filter is off by half a step at most, and its largest weight not at all', () => {
  const weights = fc.array(fc.integer({ min: -4096, max: 4096 }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(weights, (list) => {
      const kernel = Float32Array.from(list, (value) => value / 512);
      const { values, scales } = quantizeKernel({ filters: 2 }, kernel);
      for (const [index, weight] of kernel.entries()) {
        const scale = scales[index < 3 ? 0 : 1]!;
        const error = Math.abs(values[index]! * scale - weight);
        expect(error).toBeLessThanOrEqual(scale * 0.5001);
      }
    }),
  );
});
