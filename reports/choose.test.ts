import { expect, test } from 'vitest';
import type { TrialStatus } from '../harness/results/format.ts';
import { ChoosableTrials } from './choose.ts';
import { fixtureResults } from './fixture.ts';
import { summarize } from './summary.ts';

function chosen(runs: readonly (readonly [makespanMs: number, status?: TrialStatus])[]) {
  const results = fixtureResults();
  const donor = results.trials[1]!;
  const trace = results.traces[1]!;
  const trials = runs.map(([makespanMs, status = 'ok'], repetition) => ({
    ...donor,
    makespanMs,
    status,
    repetition,
  }));
  const traces = trials.map(({ repetition }) => ({ ...trace, repetition }));
  const all = { ...results, trials, traces };
  return { ...all, choice: new ChoosableTrials(all).traced(summarize(all).points[0]!) };
}

test('the trial with the median makespan stands for its point, and its own trace', () => {
  const { choice } = chosen([[500], [900], [200]]);
  expect(choice).toMatchObject({ line: 1, trial: { makespanMs: 500 }, trace: { repetition: 0 } });
  expect(chosen([[500], [900], [520], [100]]).choice?.trial.makespanMs).toBe(500);
});

test('an ok trial goes before a degraded one, a failed one is never chosen', () => {
  expect(chosen([[500, 'degraded'], [900], [200, 'degraded']]).choice?.line).toBe(2);
  expect(
    chosen([
      [500, 'failed'],
      [900, 'degraded'],
    ]).choice?.line,
  ).toBe(2);
  expect(chosen([[500, 'failed']]).choice).toBeUndefined();
});

test('there is no choice without traces', () => {
  const results = { ...fixtureResults(), traces: [] };
  expect(new ChoosableTrials(results).traced(summarize(results).points[0]!)).toBeUndefined();
});
