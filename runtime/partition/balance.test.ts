import fc from 'fast-check';
import { expect, test } from 'vitest';
import { balancedSizes, type Cost } from './balance.ts';

const anyCosts = fc.array(
  fc.record({ perRow: fc.integer({ min: 1, max: 9 }), fixed: fc.integer({ min: 0, max: 12 }) }),
  { minLength: 1, maxLength: 4 },
);

function dearest(sizes: readonly number[], costs: readonly Cost[]): number {
  return Math.max(...sizes.map((size, index) => size * costs[index]!.perRow + costs[index]!.fixed));
}

/** Every way to cut a length into so many shares of one row or more. */
function* divisions(length: number, shares: number): Generator<number[]> {
  if (shares === 1) yield [length];
  for (let size = 1; shares > 1 && size <= length - shares + 1; size++) {
    for (const rest of divisions(length - size, shares - 1)) yield [size, ...rest];
  }
}

test('no other way of cutting makes the dearest share cheaper', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 14 }), anyCosts, (length, costs) => {
      const sizes = balancedSizes(length, costs);
      if (sizes === undefined) return;
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(length);
      const best = Math.min(
        ...[...divisions(length, costs.length)].map((one) => dearest(one, costs)),
      );
      expect(dearest(sizes, costs)).toBe(best);
    }),
  );
});

test('equal shares for equals, four times as much for one four times as fast', () => {
  expect(balancedSizes(12, Array(3).fill({ perRow: 2, fixed: 1 }))).toEqual([4, 4, 4]);
  expect(
    balancedSizes(10, [
      { perRow: 4, fixed: 0 },
      { perRow: 1, fixed: 0 },
    ]),
  ).toEqual([2, 8]);
});

test('whoever costs more for nothing than the others for everything is left out', () => {
  expect(
    balancedSizes(5, [
      { perRow: 1, fixed: 0 },
      { perRow: 1, fixed: 6 },
    ]),
  ).toBeUndefined();
  expect(
    balancedSizes(1, [
      { perRow: 1, fixed: 0 },
      { perRow: 1, fixed: 0 },
    ]),
  ).toBeUndefined();
});
