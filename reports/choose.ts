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

type Choice = Omit<ChosenTrial, 'trace'>;

/** Of a point's traced trials; an `ok` one rather than a degraded one. Undefined where none is. */
export function chooseTrial(results: Results, point: PointSummary): ChosenTrial | undefined {
  const traced = trialsOf(results, point).flatMap(({ trial, line }): ChosenTrial[] => {
    const trace = results.traces.find(
      (candidate) => candidate.trial === trial.trial && candidate.repetition === trial.repetition,
    );
    return trace === undefined ? [] : [{ trial, trace, line }];
  });
  return nearest(traced, point);
}

/** The same of all of a point's trials, whether they have a trace or not. */
export function chooseRecord(results: Results, point: PointSummary): Choice | undefined {
  return nearest(trialsOf(results, point), point);
}

function trialsOf(results: Results, point: PointSummary): Choice[] {
  const key = pointKey(point.parameters);
  const lines = trialLines(results);
  return results.trials.flatMap((trial, index) =>
    trial.status === 'failed' || trial.reference === true || pointKey(trial.parameters) !== key
      ? []
      : [{ trial, line: lines[index]! }],
  );
}

function nearest<Chosen extends Choice>(
  choices: Chosen[],
  { makespanMs }: PointSummary,
): Chosen | undefined {
  const distance = ({ trial }: Choice) =>
    Math.abs((trial.makespanMs ?? Number.MAX_VALUE) - (makespanMs?.median ?? 0));
  const rank = ({ trial }: Choice) => (trial.status === 'ok' ? 0 : 1);
  return choices.sort((a, b) => rank(a) - rank(b) || distance(a) - distance(b))[0];
}
