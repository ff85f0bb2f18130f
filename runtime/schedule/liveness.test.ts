import { expect, test } from 'vitest';
import { Liveness } from './liveness.ts';

test('a peer is lost after the silence that is allowed, and not before', () => {
  const liveness = new Liveness(100);
  liveness.seen('a', 0);
  liveness.seen('b', 50);
  expect(liveness.lost(99)).toEqual([]);
  expect(liveness.lost(100)).toEqual(['a']);
  expect(liveness.lost(150)).toEqual(['b']);
});

test('a lost peer is named once', () => {
  const liveness = new Liveness(10);
  liveness.seen('a', 0);
  expect(liveness.lost(50)).toEqual(['a']);
  expect(liveness.lost(90)).toEqual([]);
});

test('each sign of life starts the silence anew, even after a loss', () => {
  const liveness = new Liveness(10);
  for (let nowMs = 0; nowMs < 100; nowMs += 9) {
    liveness.seen('a', nowMs);
    expect(liveness.lost(nowMs)).toEqual([]);
  }
  expect(liveness.lost(200)).toEqual(['a']);
  liveness.seen('a', 200);
  expect(liveness.lost(209)).toEqual([]);
  expect(liveness.lost(210)).toEqual(['a']);
});

test('a peer that took leave is not missed', () => {
  const liveness = new Liveness(10);
  liveness.seen('a', 0);
  liveness.forget('a');
  expect(liveness.lost(1000)).toEqual([]);
});
