import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { monotonicMs } from '../clock.ts';
import type { FrameRate } from '../schedule/arrivals.ts';
import { FrameArrivals } from './frame-arrivals.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function source(rate: FrameRate, count: number) {
  const onArrival = vi.fn();
  return { arrivals: new FrameArrivals({ count, rate }, onArrival), onArrival };
}

test('back to back every frame is there at the start, and arrives when it is taken', () => {
  const { arrivals, onArrival } = source({ kind: 'back-to-back' }, 2);
  expect(arrivals.waiting).toBe(0);
  expect(arrivals.take()).toBeUndefined();
  arrivals.start();
  expect(arrivals.waiting).toBe(2);
  vi.advanceTimersByTime(300);
  expect(arrivals.take()).toEqual({ frame: 0, arrivedAtMs: monotonicMs() });
  expect(arrivals.take()).toMatchObject({ frame: 1 });
  expect(arrivals.take()).toBeUndefined();
  expect(onArrival).not.toHaveBeenCalled();
  expect(arrivals.report()).toBeUndefined();
});

test('at a rate frames come at their times from the start signal on, taken or not', () => {
  const { arrivals, onArrival } = source({ kind: 'fixed', framesPerSecond: 4 }, 3);
  vi.advanceTimersByTime(5000);
  expect(arrivals.waiting).toBe(0);
  const startMs = monotonicMs();
  arrivals.start();
  vi.advanceTimersByTime(0);
  expect(onArrival).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(249);
  expect(onArrival).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  expect(onArrival).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(10_000);
  expect(onArrival).toHaveBeenCalledTimes(3);
  expect(vi.getTimerCount()).toBe(0);
  const taken = [arrivals.take(), arrivals.take(), arrivals.take()];
  expect(taken.map((frame) => Math.round(frame!.arrivedAtMs - startMs))).toEqual([0, 250, 500]);
  expect(arrivals.take()).toBeUndefined();
  expect(arrivals.report()).toMatchObject({ arrived: 3, largest: 3 });
});

test('a second start signal changes nothing', () => {
  const { arrivals, onArrival } = source({ kind: 'fixed', framesPerSecond: 4 }, 4);
  arrivals.start();
  vi.advanceTimersByTime(300);
  arrivals.start();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(200);
  expect(arrivals.waiting).toBe(3);
  expect(onArrival).toHaveBeenCalledTimes(3);
});

test('nothing comes any more of a source that was given up, and no timer holds its process', () => {
  const { arrivals, onArrival } = source({ kind: 'poisson', framesPerSecond: 4, seed: 1 }, 100);
  arrivals.start();
  vi.advanceTimersByTime(3000);
  const before = onArrival.mock.calls.length;
  expect(before).toBeGreaterThan(0);
  arrivals.abandon();
  expect(vi.getTimerCount()).toBe(0);
  arrivals.start();
  vi.advanceTimersByTime(60_000);
  expect(onArrival).toHaveBeenCalledTimes(before);
  expect(arrivals.take()).toBeUndefined();
});
