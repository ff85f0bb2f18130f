/** Which trial stands for a point where only one can be shown: the one nearest to the median. */
import type { Trace, TrialRecord } from '../harness/results/format.ts';
import { pointKey } from './point.ts';
import { type Results, trialLines } from './read.ts';
import type { PointSummary } from './summary.ts';

export interface ChosenTrial {
  readonly trial: TrialRecord;
  readonly trace: Trace;
  /** 1-based, of trials.jsonl. */
  readonly line: number;
}

/** Of a point's traced trials; an `ok` one rather than a degraded one. Undefined where none is. */
export function chooseTrial(results: Results, point: PointSummary): ChosenTrial | undefined {
  const key = pointKey(point.parameters);
  const lines = trialLines(results);
  const traced = results.trials.flatMap((trial, index): ChosenTrial[] => {
    if (trial.status === 'failed' || pointKey(trial.parameters) !== key) return [];
    const trace = results.traces.find(
      (candidate) => candidate.trial === trial.trial && candidate.repetition === trial.repetition,
    );
    return trace === undefined ? [] : [{ trial, trace, line: lines[index]! }];
  });
  const distance = ({ trial }: ChosenTrial) =>
    Math.abs((trial.makespanMs ?? Number.MAX_VALUE) - (point.makespanMs?.median ?? 0));
  const rank = ({ trial }: ChosenTrial) => (trial.status === 'ok' ? 0 : 1);
  return traced.sort((a, b) => rank(a) - rank(b) || distance(a) - distance(b))[0];
}
