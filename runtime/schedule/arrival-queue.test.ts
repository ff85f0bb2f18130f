import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArrivalQueue, type QueueReport } from './arrival-queue.ts';
import type { TimedRate } from './arrivals.ts';

const FIXED: TimedRate = { kind: 'fixed', framesPerSecond: 10 };

/** A source that takes a frame whenever it has done the one before, for `serviceMs` each. */
function serve(rate: TimedRate, count: number, serviceMs: number): QueueReport {
  const queue = new ArrivalQueue(rate, count);
  let [nowMs, freeAtMs] = [0, 0];
  for (let taken = 0; taken < count; taken++) {
    nowMs = Math.max(nowMs, freeAtMs);
    if (queue.waiting(nowMs) === 0) nowMs = queue.nextArrivalMs!;
    expect(queue.take(nowMs)).toMatchObject({ frame: taken });
    freeAtMs = nowMs + serviceMs;
  }
  expect(queue.take(nowMs)).toBeUndefined();
  return queue.report();
}

test('frames wait from their arrival on, and are taken in their order', () => {
  const queue = new ArrivalQueue(FIXED, 3);
  expect(queue.nextArrivalMs).toBe(0);
  expect(queue.waiting(0)).toBe(1);
  expect(queue.nextArrivalMs).toBe(100);
  expect(queue.waiting(99)).toBe(1);
  expect(queue.waiting(250)).toBe(3);
  expect(queue.nextArrivalMs).toBeUndefined();
  expect(queue.take(260)).toEqual({ frame: 0, atMs: 0 });
  expect(queue.take(270)).toEqual({ frame: 1, atMs: 100 });
  expect(queue.take(280)).toEqual({ frame: 2, atMs: 200 });
  expect(queue.take(290)).toBeUndefined();
  expect(queue.report()).toMatchObject({ arrived: 3, largest: 3, atEnd: 3, framesPerSecond: 10 });
});

test('every change is a sample at its own time, whenever the queue was looked at', () => {
  const queue = new ArrivalQueue(FIXED, 3);
  queue.take(30);
  queue.take(350);
  expect(queue.report().samples).toEqual([
    [0, 1],
    [30, 0],
    [100, 1],
    [200, 2],
    [350, 1],
  ]);
});

test('what is given up is no longer taken, and what was is still told', () => {
  const queue = new ArrivalQueue(FIXED, 100);
  queue.waiting(450);
  queue.abandon();
  expect(queue.waiting(10_000)).toBe(0);
  expect(queue.take(10_000)).toBeUndefined();
  expect(queue.nextArrivalMs).toBeUndefined();
  expect(queue.report()).toMatchObject({ arrived: 5, lastArrivalMs: 400, largest: 5 });
});

test('waiting is what has arrived less what was taken', () => {
  const looks = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.boolean()));
  fc.assert(
    fc.property(looks, fc.integer(), fc.boolean(), (steps, seed, regular) => {
      const rate: TimedRate = regular ? FIXED : { kind: 'poisson', framesPerSecond: 10, seed };
      const queue = new ArrivalQueue(rate, 20);
      const known = new ArrivalQueue(rate, 20);
      let [nowMs, taken] = [0, 0];
      for (const [gap, take] of steps) {
        nowMs += gap;
        const arrived = known.waiting(nowMs);
        expect(queue.waiting(nowMs)).toBe(arrived - taken);
        if (!take) continue;
        const arrival = queue.take(nowMs);
        if (arrived === taken) expect(arrival).toBeUndefined();
        else expect(arrival!.atMs).toBeLessThanOrEqual(nowMs);
        if (arrival !== undefined) expect(arrival.frame).toBe(taken++);
      }
    }),
  );
});

describe('growth', () => {
  test('a load that is borne is stable', () => {
    expect(serve(FIXED, 100, 90)).toMatchObject({ growth: 'stable', largest: 1, atEnd: 1 });
  });

  test('of twice the load half of the frames are left behind', () => {
    const report = serve(FIXED, 100, 200);
    expect(report.growth).toBe('grows');
    expect(report.growthPerSecond).toBeCloseTo(5, 1);
    expect(report.atEnd).toBeGreaterThan(45);
    expect(report.largest).toBe(report.atEnd);
  });

  test('a few frames tell nothing', () => {
    expect(serve(FIXED, 5, 1000).growth).toBe('unclear');
  });

  test('random arrivals: chance alone is called growth rarely, overload nearly always', () => {
    const grow = (serviceMs: number) =>
      Array.from({ length: 200 }, (_, seed) =>
        serve({ kind: 'poisson', framesPerSecond: 10, seed }, 100, serviceMs),
      ).filter(({ growth }) => growth === 'grows').length;
    expect(grow(70)).toBe(0);
    expect(grow(90)).toBeLessThanOrEqual(4);
    expect(grow(100)).toBeLessThanOrEqual(20);
    expect(grow(200)).toBe(200);
  });
});
