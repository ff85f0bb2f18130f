import fc from 'fast-check';
import { expect, test } from 'vitest';
import { logisticInPlace, softmaxInPlace } from './activations.ts';

test('logistic changes its own range only', () => {
  const values = Float32Array.of(0, 0, 100, -100, Math.log(3), 0);
  logisticInPlace(values, 1, 4);
  expect(values[0]).toBe(0);
  expect(values[5]).toBe(0);
  expect(values[1]).toBe(0.5);
  expect(values[2]).toBe(1);
  expect(values[3]).toBeCloseTo(0, 30);
  expect(values[4]).toBeCloseTo(0.75, 6);
});

test('softmax over values that lie apart leaves those between alone', () => {
  const values = Float32Array.of(9, Math.log(1), 9, Math.log(2), 9, Math.log(5), 9);
  softmaxInPlace(values, 1, 2, 3);
  const expected = [9, 1 / 8, 9, 2 / 8, 9, 5 / 8, 9];
  for (const [index, value] of expected.entries()) expect(values[index]).toBeCloseTo(value, 6);
});

test('softmax adds up to 1 and keeps the order, however large the values', () => {
  const value = fc.float({ min: -1000, max: 1000, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 80 }), (list) => {
      const values = Float32Array.from(list);
      softmaxInPlace(values, 0, 1, values.length);
      expect(values.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
      for (const [index, share] of values.entries()) {
        if (index === 0) continue;
        if (list[index]! > list[index - 1]!)
          expect(share).toBeGreaterThanOrEqual(values[index - 1]!);
      }
    }),
  );
});
