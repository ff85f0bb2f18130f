import fc from 'fast-check';
import { expect, test } from 'vitest';
import { QueueHistory, type QueueSample } from './queue-history.ts';

function historyOf(changes: readonly QueueSample[]): QueueHistory {
  const history = new QueueHistory();
  for (const [ms, length] of changes) history.change(ms, length);
  return history;
}

/** A queue that rises or falls by one at a time, never below zero. */
const changes = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.boolean()), { minLength: 1, maxLength: 2000 })
  .map((steps) => {
    let [ms, length] = [0, 0];
    return steps.map(([gap, up]): QueueSample => {
      ms += gap;
      length = up ? length + 1 : Math.max(0, length - 1);
      return [ms, length];
    });
  });

test('a queue that rises by one a second grows by one a second', () => {
  const history = historyOf(
    Array.from({ length: 101 }, (_, second): QueueSample => [1000 * second, second]),
  );
  expect(history.growthPerSecond).toBeCloseTo(1, 3);
  expect(history.largest).toBe(100);
});

test('a constant queue does not grow, and neither does one of no time', () => {
  expect(
    historyOf([
      [0, 5],
      [60_000, 5],
    ]).growthPerSecond,
  ).toBeCloseTo(0, 9);
  expect(new QueueHistory().growthPerSecond).toBe(0);
  expect(
    historyOf([
      [0, 1],
      [0, 2],
    ]).growthPerSecond,
  ).toBe(0);
});

test('the slope is that of least squares through a fine sampling', () => {
  fc.assert(
    fc.property(changes, (steps) => {
      const history = historyOf(steps);
      const endMs = steps.at(-1)![0];
      fc.pre(endMs > 0);
      const points: [number, number][] = [];
      let [step, length] = [0, 0];
      // The middle of every millisecond: all changes lie between them.
      for (let ms = 0; ms < endMs; ms++) {
        while (step < steps.length && steps[step]![0] <= ms) length = steps[step++]![1];
        points.push([(ms + 0.5) / 1000, length]);
      }
      expect(history.growthPerSecond).toBeCloseTo(leastSquares(points, endMs / 1000), 5);
    }),
    { numRuns: 50 },
  );
});

test('samples are bounded, in order, hold the largest, and end as the queue did', () => {
  fc.assert(
    fc.property(changes, (steps) => {
      const { samples, largest } = historyOf(steps);
      expect(samples.length).toBeLessThanOrEqual(258);
      if (steps.length < 256) expect(samples).toEqual(steps);
      expect(samples.toSorted(([a], [b]) => a - b)).toEqual(samples);
      expect(Math.max(...samples.map(([, length]) => length))).toBe(largest);
      for (const sample of samples) expect(steps).toContainEqual(sample);
    }),
    { numRuns: 50 },
  );
});

test('a hundred thousand changes leave a picture of the whole', () => {
  const history = new QueueHistory();
  for (let ms = 1; ms <= 100_000; ms++) history.change(ms, Math.floor(ms / 100) + (ms % 2));
  expect(history.samples.length).toBeLessThanOrEqual(258);
  for (const [ms, length] of history.samples) {
    expect(Math.abs(length - ms / 100)).toBeLessThan(10);
  }
  expect(history.samples.at(-1)).toEqual([100_000, 1000]);
});

/** Through points that stand for equal stretches of `duration`, each constant in it. */
function leastSquares(points: readonly (readonly [number, number])[], duration: number): number {
  const middle = duration / 2;
  const moment = points.reduce((sum, [x, y]) => sum + (x - middle) * y, 0) / points.length;
  return (12 * moment) / duration ** 2;
}
