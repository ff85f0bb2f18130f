import fc from 'fast-check';
import { expect, test } from 'vitest';
import { axisFromZero, roundStep } from './axis.ts';

const MILLISECONDS = { name: 'ms', size: 1 };

test('steps are round, and about as many as asked for', () => {
  expect([1, 9, 10, 11, 260, 0.07].map((extent) => roundStep(extent, 5))).toEqual([
    0.2,
    2,
    2,
    5,
    100,
    expect.closeTo(0.02),
  ]);
  expect([0, Number.NaN].map((extent) => roundStep(extent, 5))).toEqual([1, 1]);
});

test('every value stands between the ends, in order', () => {
  const number = fc.double({ min: 0, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(number, number, fc.double({ min: -100, max: 0, noNaN: true }), (a, b, minimum) => {
      const axis = axisFromZero({
        left: 10,
        right: 110,
        minimum,
        maximum: Math.max(a, b),
        unit: MILLISECONDS,
      });
      const positions = [minimum, 0, Math.min(a, b), Math.max(a, b)].map(axis.x);
      expect(positions).toEqual(positions.toSorted((one, other) => one - other));
      expect(positions[0]).toBeGreaterThanOrEqual(10 - 1e-6);
      expect(positions[3]).toBeLessThanOrEqual(110 + 1e-6);
      expect(axis.ticks.length).toBeGreaterThan(1);
      expect(axis.ticks.length).toBeLessThan(12);
    }),
  );
});

test('ticks are numbered in the unit, which the last one names', () => {
  const unit = { name: 's', size: 1000 };
  const numbers = (right: number) => {
    const { text } = axisFromZero({ left: 0, right, maximum: 900, unit }).draw(0, 50);
    return [...text.matchAll(/>([^<]+)<\/text>/g)].map(([, number]) => number);
  };
  expect(numbers(400)).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1.0 s']);
  // Where there is little room, the last number goes before its neighbour.
  expect(numbers(200)).toEqual(['0', '0.2', '0.4', '0.6', '1.0 s']);
});
