import { describe, expect, test } from 'vitest';
import { Worker } from './worker.ts';

const OFFER = { victim: 'busy', sequence: 4 };

/** A worker that is about to steal from `busy`. */
function stealing(reserve = 1): Worker<string> {
  const worker = new Worker<string>(reserve);
  expect(worker.shouldAsk(0)).toBe(true);
  expect(worker.referred(OFFER)).toBe(true);
  return worker;
}

describe('an edge asks', () => {
  test('when it has no tiles of its own, once', () => {
    const worker = new Worker<string>(1);
    expect(worker.shouldAsk(3)).toBe(false);
    expect(worker.shouldAsk(0)).toBe(true);
    expect(worker.shouldAsk(0)).toBe(false);
  });

  test('not while it steals', () => {
    expect(stealing().shouldAsk(0)).toBe(false);
  });

  test('again with the tile in hand, until the reserve is full', () => {
    const worker = stealing(2);
    worker.received('busy', 'tile 1');
    expect(worker.shouldAsk(0)).toBe(true);
    worker.referred(OFFER);
    worker.received('busy', 'tile 2');
    expect(worker.shouldAsk(0)).toBe(false);
    expect(worker.nextStolen()).toBe('tile 1');
    expect(worker.shouldAsk(0)).toBe(true);
  });
});

describe('a tile', () => {
  test('that was stolen is computed in the order of arrival', () => {
    const worker = stealing(2);
    worker.received('busy', 'tile 1');
    worker.shouldAsk(0);
    worker.referred(OFFER);
    worker.received('busy', 'tile 2');
    expect([worker.nextStolen(), worker.nextStolen(), worker.nextStolen()]).toEqual([
      'tile 1',
      'tile 2',
      undefined,
    ]);
  });

  test('that nobody asked for is not taken', () => {
    const worker = new Worker<string>(1);
    expect(worker.received('busy', 'tile')).toBe(false);
    expect(stealing().received('other', 'tile')).toBe(false);
    const done = stealing();
    expect(done.received('busy', 'tile')).toBe(true);
    expect(done.received('busy', 'again')).toBe(false);
    expect(done.nextStolen()).toBe('tile');
    expect(done.nextStolen()).toBeUndefined();
  });
});

describe('a referral', () => {
  test('that was not asked for is stale', () => {
    const worker = new Worker<string>(1);
    expect(worker.referred(OFFER)).toBe(false);
    expect(stealing().referred({ victim: 'other', sequence: 1 })).toBe(false);
  });

  test('to an empty victim is told by its offer, and the next one awaited', () => {
    const worker = stealing();
    expect(worker.foundEmpty('busy')).toEqual(OFFER);
    expect(worker.shouldAsk(0)).toBe(false);
    expect(worker.foundEmpty('busy')).toBeUndefined();
    expect(worker.referred({ victim: 'other', sequence: 1 })).toBe(true);
    expect(worker.received('other', 'tile')).toBe(true);
  });

  test('to one victim is not ended by news of another', () => {
    const worker = stealing();
    expect(worker.foundEmpty('other')).toBeUndefined();
    expect(worker.received('busy', 'tile')).toBe(true);
  });
});

test('an edge that starts anew holds nothing and may ask at once', () => {
  const worker = stealing(2);
  worker.received('busy', 'tile');
  worker.shouldAsk(0);
  worker.reset();
  expect(worker.nextStolen()).toBeUndefined();
  expect(worker.referred(OFFER)).toBe(false);
  expect(worker.shouldAsk(0)).toBe(true);
});
