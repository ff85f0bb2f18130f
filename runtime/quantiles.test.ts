import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, quantile } from './quantiles.ts';

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const values = fc.array(value, { minLength: 1, maxLength: 12 });

test('the median is the middle value, or the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([10, 9])).toBe(9.5);
  expect(median([100, 9, 20])).toBe(20);
  expect(() => median([])).toThrow(RangeError);
});

test('quantiles interpolate as type 7 does', () => {
  // R: quantile(c(1, 2, 4, 8), c(0, .25, .5, .95, 1))
  expect([0, 0.25, 0.5, 0.95, 1].map((share) => quantile([8, 4, 2, 1], share))).toEqual([
    1,
    1.75,
    3,
    expect.closeTo(7.4),
    8,
  ]);
});

test('quantiles grow with their share and stay within the values', () => {
  fc.assert(
    fc.property(values, fc.tuple(fc.nat(100), fc.nat(100)), (list, [a, b]) => {
      const low = quantile(list, Math.min(a, b) / 100);
      const high = quantile(list, Math.max(a, b) / 100);
      const slack = 1e-9 * Math.max(...list.map(Math.abs));
      expect(low).toBeLessThanOrEqual(high + slack);
      expect(low).toBeGreaterThanOrEqual(Math.min(...list) - slack);
      expect(high).toBeLessThanOrEqual(Math.max(...list) + slack);
    }),
  );
});
