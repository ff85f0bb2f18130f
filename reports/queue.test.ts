import { expect, test } from 'vitest';
import type { QueueReport } from '../runtime/schedule/arrival-queue.ts';
import { growthText, queueText, summarizeQueues } from './queue.ts';

const quiet: QueueReport = {
  framesPerSecond: 2,
  arrived: 20,
  lastArrivalMs: 9500,
  largest: 1,
  atEnd: 1,
  growthPerSecond: 0,
  growth: 'stable',
  samples: [],
};
const busy: QueueReport = { ...quiet, largest: 11, atEnd: 10, growthPerSecond: 1, growth: 'grows' };

test('sources add up, but for the largest; the worst of them decides', () => {
  const queue = summarizeQueues([[quiet, busy]], 1).queue!;
  expect(queue).toMatchObject({
    offeredFps: 4,
    largest: { median: 11 },
    atEnd: { median: 11 },
    growthPerSecond: { median: 1 },
    growth: { grows: 1, unclear: 0, stable: 0 },
  });
  expect(queueText(queue)).toBe('grows, +1/s, largest 11');
  const still = summarizeQueues([[{ ...quiet, growthPerSecond: -0.001 }]], 1).queue!;
  expect(queueText(still)).toBe('stable, 0/s, largest 1');
});

test('repetitions that differ are counted', () => {
  const unclear: QueueReport = { ...quiet, growth: 'unclear' };
  const text = (...queues: QueueReport[]) =>
    growthText(
      summarizeQueues(
        queues.map((queue) => [queue]),
        1,
      ).queue!,
    );
  expect(text(quiet, quiet)).toBe('stable');
  expect(text(quiet, busy, busy)).toBe('grows in 2 of 3, stable in 1');
  expect(text(quiet, unclear, busy)).toBe('grows in 1 of 3, unclear in 1, stable in 1');
});

test('back to back there is nothing to tell', () => {
  expect(summarizeQueues([[], []], 1)).toEqual({});
  expect(summarizeQueues([[], [quiet]], 1).queue).toMatchObject({ offeredFps: 2 });
});
