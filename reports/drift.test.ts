/** A machine that becomes slower is told from one that is merely uneven. */
import { expect, test } from 'vitest';
import type { TrialRecord } from '../harness/results/format.ts';
import { driftOf, driftText } from './drift.ts';
import { driftChart } from './drift-chart.ts';
import { fixtureResults } from './fixture.ts';
import type { Results } from './read.ts';
import { summarize } from './summary.ts';

/** Twelve trials of one point, and a reference after each, if wanted. */
function results(makespanMs: (order: number) => number, reference = false): Results {
  const results = fixtureResults();
  const like = results.trials.find(({ status }) => status === 'ok')!;
  const trials = Array.from({ length: 12 }, (_, order): TrialRecord => {
    const marked = reference && order % 2 === 0 ? { reference: true as const } : {};
    return { ...like, ...marked, repetition: order + 1, order, makespanMs: makespanMs(order) };
  });
  return { ...results, trials };
}

test('a fifth slower at the end', () => {
  const drift = driftOf(results((order) => 1000 + (200 * order) / 11))!;
  expect(drift.of).toBe('all');
  expect(drift.change).toBeCloseTo(200 / 1100);
  expect(driftText(drift)).toMatch(/by \+18\.\d % .*: the machine drifted\.$/);
});

test('uneven, but no trend', () => {
  const drift = driftOf(results((order) => 1000 + (order % 3) * 50))!;
  expect(driftText(drift)).toContain('no drift beyond chance');
});

test('where there is a reference it alone tells, and no median has it', () => {
  const made = results((order) => (order % 2 === 0 ? 1000 + 10 * order : 9000), true);
  const drift = driftOf(made)!;
  expect(drift.of).toBe('reference');
  expect(drift.points).toHaveLength(6);
  expect(drift.change).toBeCloseTo(100 / 1050);
  const [point] = summarize(made).points;
  expect(point!.makespanMs!.median).toBe(9000);
  expect(driftChart(drift).body.text.match(/<circle/g)).toHaveLength(6);
});

test('too few to tell', () => {
  const few = results(() => 1000);
  expect(driftOf({ ...few, trials: few.trials.slice(0, 3) })).toBeUndefined();
});
