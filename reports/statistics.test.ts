import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../harness/results/seeded-random.ts';
import { median, quantile } from '../runtime/quantiles.ts';
import { bestCoverage, bootstrapInterval, bootstrapRatio, cliffsDelta } from './statistics.ts';

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });

test('one value has a median and no interval', () => {
  expect(bootstrapInterval([42], 1)).toEqual({ median: 42, low: undefined, high: undefined });
  expect(() => bootstrapInterval([], 1)).toThrow(RangeError);
});

test('an interval holds its median, lies within the values, and is the same for the same seed', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 2, maxLength: 9 }), fc.nat(), (list, seed) => {
      const { median: middle, low, high } = bootstrapInterval(list, seed);
      const slack = 1e-9 * Math.max(...list.map(Math.abs));
      expect(low).toBeLessThanOrEqual(middle + slack);
      expect(high).toBeGreaterThanOrEqual(middle - slack);
      expect(low).toBeGreaterThanOrEqual(Math.min(...list) - slack);
      expect(high).toBeLessThanOrEqual(Math.max(...list) + slack);
      expect(bootstrapInterval(list, seed)).toEqual({ median: middle, low, high });
    }),
    { numRuns: 40 },
  );
});

test('the values’ order does not matter to the median, and their scale carries over', () => {
  const list = [12, 15, 11, 19, 14, 13];
  const interval = bootstrapInterval(list, 5);
  const doubled = bootstrapInterval(
    list.map((each) => each * 2),
    5,
  );
  expect(doubled).toEqual({
    median: interval.median * 2,
    low: interval.low! * 2,
    high: interval.high! * 2,
  });
});

test('95 % intervals of 25 draws hold the true median in about 95 % of cases', () => {
  const random = seededRandom(11);
  const experiments = 300;
  let held = 0;
  for (let experiment = 0; experiment < experiments; experiment++) {
    // Skewed, as times are; its median is ln 2.
    const draws = Array.from({ length: 25 }, () => -Math.log(1 - random()));
    const { low, high } = bootstrapInterval(draws, experiment);
    if (low! <= Math.LN2 && Math.LN2 <= high!) held++;
  }
  expect(held / experiments).toBeGreaterThan(0.9);
  expect(held / experiments).toBeLessThan(0.99);
});

test('the best coverage is that of the whole range, counted over all sides of the median', () => {
  for (const count of [1, 2, 3, 6]) {
    const sides = Array.from({ length: 2 ** count }, (_, bits) => bits);
    const held = sides.filter((bits) => bits !== 0 && bits !== 2 ** count - 1).length;
    expect(bestCoverage(count)).toBe(held / 2 ** count);
  }
});

test('the generator is even from 0 to 1', () => {
  const random = seededRandom(3);
  const counts = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 10_000; draw++) counts[Math.floor(random() * 10)]!++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
});

/** As the bootstrap is defined: draw, sort, take the middle. */
function naiveInterval(seed: number, lists: readonly (readonly number[])[]) {
  const random = seededRandom(seed);
  const drawn = (list: readonly number[]) =>
    median(list.map(() => list[Math.floor(random() * list.length)]!));
  const resampled = Array.from({ length: 2000 }, () => lists.map(drawn)).map(([a, b]) =>
    b === undefined ? a! : a! / b,
  );
  return { low: quantile(resampled, 0.025), high: quantile(resampled, 0.975) };
}

const some = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 9 });

test('shared draws and counting give the same bits as drawing and sorting', () => {
  fc.assert(
    fc.property(some, some, fc.nat(3), (list, other, seed) => {
      expect(bootstrapInterval(list, seed)).toMatchObject(naiveInterval(seed, [list]));
      expect(bootstrapRatio(list, other, seed)).toMatchObject(naiveInterval(seed, [list, other]));
    }),
    { numRuns: 40 },
  );
});

test('so do draws of more values than are kept', () => {
  const many = Array.from({ length: 2100 }, (_, index) => (index * 7919) % 1000);
  expect(bootstrapInterval(many, 3)).toMatchObject(naiveInterval(3, [many]));
});

test("Cliff's delta is the share of pairs above less that of pairs below", () => {
  fc.assert(
    fc.property(some, some, (before, after) => {
      const signs = before.flatMap((a) => after.map((b) => Math.sign(b - a)));
      const sum = signs.reduce((total, sign) => total + sign, 0);
      expect(cliffsDelta(before, after)).toBe(sum / signs.length);
    }),
  );
});
