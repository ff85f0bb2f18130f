import { describe, expect, test } from 'vitest';
import { Estimate } from './estimate.ts';

function after(initial: number, ...samples: number[]): number {
  const estimate = new Estimate(initial);
  for (const sample of samples) estimate.observe(sample);
  return estimate.value;
}

test('a lasting change is followed at its third sample', () => {
  expect(after(1, 1, 1, 1, 1, 1, 4, 4, 4)).toBe(4);
  expect(after(1, 4, 4, 4, 4, 4, 1, 1, 1)).toBe(1);
});

test('a single hiccup changes nothing', () => {
  expect(after(1, 1, 1, 1, 50, 1, 1)).toBe(1);
});

test('what is no measurement is none', () => {
  expect(after(2, 0, -1, Number.NaN, Number.POSITIVE_INFINITY)).toBe(2);
});

describe('without samples', () => {
  const slow = () => {
    const estimate = new Estimate(1);
    for (let count = 0; count < 5; count++) estimate.observe(4);
    return estimate;
  };
  /** Frames until a slow edge is believed to be twice as fast as it was. */
  const framesUntilTried = (estimate: Estimate) => {
    const goal = estimate.value / 2;
    let frames = 0;
    for (; estimate.value > goal; frames++) estimate.idle();
    return frames;
  };

  test('a bad value fades, a good one stays', () => {
    const estimate = slow();
    for (let frame = 0; frame < 10; frame++) estimate.idle();
    expect(estimate.value).toBeGreaterThan(2);
    expect(estimate.value).toBeLessThan(3);
    const good = new Estimate(1);
    good.observe(0.5);
    const before = good.value;
    good.idle();
    expect(good.value).toBe(before);
  });

  test('trying in vain is done ever more seldom, until the edge has become fast', () => {
    const estimate = slow();
    const first = framesUntilTried(estimate);
    for (let sample = 0; sample < 5; sample++) estimate.observe(4);
    const second = framesUntilTried(estimate);
    expect(second).toBeGreaterThan(1.5 * first);
    for (let sample = 0; sample < 5; sample++) estimate.observe(1);
    for (let sample = 0; sample < 5; sample++) estimate.observe(4);
    expect(framesUntilTried(estimate)).toBeLessThan(second);
  });
});
