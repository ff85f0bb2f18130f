/** Which trial stands for a point where only one can be shown: the one nearest to the median. */
import type { Trace, TrialRecord } from '../harness/results/format.ts';
import type { RepetitionName } from '../harness/results/layout.ts';
import { groupBy } from './group.ts';
import { pointKey } from './point.ts';
import { type Results, trialLines } from './read.ts';
import { isMeasured, type PointSummary } from './summary.ts';

export interface ChosenTrial {
  readonly trial: TrialRecord;
  readonly trace: Trace;
  /** 1-based, of trials.jsonl. */
  readonly line: number;
}

type Choice = Omit<ChosenTrial, 'trace'>;

/** Trials by their point, and their traces: looked up once, however many points there are. */
export class ChoosableTrials {
  readonly #byPoint: ReadonlyMap<string, readonly Choice[]>;
  readonly #traces: ReadonlyMap<string, Trace>;

  constructor(results: Results) {
    const lines = trialLines(results);
    const ended = results.trials.flatMap((trial, index) =>
      isMeasured(trial) ? [{ trial, line: lines[index]! }] : [],
    );
    this.#byPoint = groupBy(ended, ({ trial }) => pointKey(trial.parameters));
    this.#traces = new Map(results.traces.map((trace) => [nameOf(trace), trace]));
  }

  /** Of a point's traced trials; an `ok` one rather than a degraded one. Undefined where none is. */
  traced(point: PointSummary): ChosenTrial | undefined {
    const traced = this.#of(point).flatMap(({ trial, line }): ChosenTrial[] => {
      const trace = this.#traces.get(nameOf(trial));
      return trace === undefined ? [] : [{ trial, trace, line }];
    });
    return nearest(traced, point);
  }

  /** The same of all of a point's trials, whether they have a trace or not. */
  any(point: PointSummary): Choice | undefined {
    return nearest(this.#of(point), point);
  }

  #of({ parameters }: PointSummary): readonly Choice[] {
    return this.#byPoint.get(pointKey(parameters)) ?? [];
  }
}

function nameOf({ trial, repetition }: RepetitionName): string {
  return `${trial}-${repetition}`;
}

function nearest<Chosen extends Choice>(
  choices: readonly Chosen[],
  { makespanMs }: PointSummary,
): Chosen | undefined {
  const distance = ({ trial }: Choice) =>
    Math.abs((trial.makespanMs ?? Number.MAX_VALUE) - (makespanMs?.median ?? 0));
  const rank = ({ trial }: Choice) => (trial.status === 'ok' ? 0 : 1);
  return choices.toSorted((a, b) => rank(a) - rank(b) || distance(a) - distance(b))[0];
}
