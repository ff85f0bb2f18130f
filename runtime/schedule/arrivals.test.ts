import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrivalTimes, type TimedRate } from './arrivals.ts';

function first(count: number, rate: TimedRate): number[] {
  const times = arrivalTimes(rate);
  return Array.from({ length: count }, () => times.next().value);
}

function poisson(framesPerSecond: number, seed: number): TimedRate {
  return { kind: 'poisson', framesPerSecond, seed };
}

test('at a fixed rate frame k arrives at k / rate, without drift', () => {
  expect(first(4, { kind: 'fixed', framesPerSecond: 2.5 })).toEqual([0, 400, 800, 1200]);
  const [thousandth] = first(3001, { kind: 'fixed', framesPerSecond: 30 }).slice(-1);
  expect(thousandth).toBeCloseTo(100_000, 6);
});

test('a seed gives the same times for ever, and another seed others', () => {
  expect(first(4, poisson(2, 7)).map(Math.round)).toMatchInlineSnapshot(`
    [
      56,
      66,
      905,
      1384,
    ]
  `);
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (a, b) => {
      expect(first(20, poisson(2, a))).toEqual(first(20, poisson(2, a)));
      if (a !== b) expect(first(20, poisson(2, a))).not.toEqual(first(20, poisson(2, b)));
    }),
  );
});

test('times ascend, and a rate only stretches them', () => {
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 0.01, max: 1000, noNaN: true }), (seed, rate) => {
      const times = first(50, poisson(rate, seed));
      for (const [index, at] of times.entries()) {
        expect(at).toBeGreaterThan(times[index - 1] ?? 0);
        expect(at).toBeCloseTo(first(index + 1, poisson(1, seed)).at(-1)! / rate, 6);
      }
    }),
    { numRuns: 20 },
  );
});

test('gaps are exponential: their mean, their spread, and no memory', () => {
  const times = first(100_000, poisson(4, 1));
  const gaps = times.map((at, index) => at - (times[index - 1] ?? 0));
  const mean = average(gaps);
  expect(mean).toBeCloseTo(250, -1);
  const variance = average(gaps.map((gap) => (gap - mean) ** 2));
  expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1);
  // Of an exponential distribution e^-1 is beyond the mean, and e^-1 of those beyond twice the mean.
  const beyond = (times: number) => gaps.filter((gap) => gap > times * mean).length / gaps.length;
  expect(beyond(1)).toBeCloseTo(Math.exp(-1), 2);
  expect(beyond(2) / beyond(1)).toBeCloseTo(Math.exp(-1), 1);
  const correlation =
    average(gaps.slice(1).map((gap, index) => (gap - mean) * (gaps[index]! - mean))) / variance;
  expect(Math.abs(correlation)).toBeLessThan(0.02);
});

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
