/**
 * Whether the machine changed while an experiment ran: what the reference took, by its place in the order
 * of trials. Without a reference, every trial beside the median of its own point.
 */
import type { TrialRecord } from '../harness/results/format.ts';
import { seededRandom } from '../harness/results/seeded-random.ts';
import { median, quantile } from '../runtime/quantiles.ts';
import { groupBy } from './group.ts';
import { pointKey } from './point.ts';
import { type Results, trialLines } from './read.ts';
import { isMeasured } from './summary.ts';

export interface DriftPoint {
  readonly order: number;
  /** Makespan over the median of what it is compared with. */
  readonly ratio: number;
  readonly line: number;
}

export interface Drift {
  readonly of: 'reference' | 'all';
  readonly points: readonly DriftPoint[];
  /** Over the whole run, by the slope of Theil (1950) and Sen (1968): 0.1 is 10 % longer at the end. */
  readonly change: number;
  /** Its 95 % percentile-bootstrap interval. */
  readonly low: number;
  readonly high: number;
}

/** Fewer say nothing of a trend. */
const LEAST = 4;
/** More are thinned out evenly: slopes are as many as pairs. */
const MOST = 80;
const RESAMPLES = 300;

/** Undefined where there are too few to tell. */
export function driftOf(results: Results): Drift | undefined {
  const lines = trialLines(results);
  const numbered = results.trials.map((trial, index) => ({ trial, line: lines[index]! }));
  const references = numbered.filter(({ trial }) => trial.reference === true && wasMeasured(trial));
  const chosen =
    references.length >= LEAST ? references : numbered.filter(({ trial }) => isMeasured(trial));
  const points = thinned(besideOwnMedian(chosen));
  if (points.length < LEAST) return undefined;
  const change = changeOver(points);
  const random = seededRandom(results.manifest.seed);
  const resampled = Array.from({ length: RESAMPLES }, () =>
    changeOver(points.map(() => points[Math.floor(random() * points.length)]!)),
  ).filter((value) => !Number.isNaN(value));
  return {
    of: chosen === references ? 'reference' : 'all',
    points,
    change,
    low: quantile(resampled, 0.025),
    high: quantile(resampled, 0.975),
  };
}

/** Apart from being a reference. */
function wasMeasured({ reference: _, ...trial }: TrialRecord): boolean {
  return isMeasured(trial);
}

interface Numbered {
  readonly trial: TrialRecord;
  readonly line: number;
}

/** A point that ran once has nothing to be beside. */
function besideOwnMedian(numbered: readonly Numbered[]): DriftPoint[] {
  const timed = numbered.flatMap(({ trial, line }) =>
    trial.makespanMs === undefined ? [] : [{ trial, line, makespanMs: trial.makespanMs }],
  );
  const groups = groupBy(timed, ({ trial }) => pointKey(trial.parameters));
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .flatMap((group) => {
      const middle = median(group.map(({ makespanMs }) => makespanMs));
      return group.map(({ trial, line, makespanMs }) => ({
        order: trial.order,
        ratio: makespanMs / middle,
        line,
      }));
    })
    .sort((a, b) => a.order - b.order);
}

function thinned(points: readonly DriftPoint[]): readonly DriftPoint[] {
  if (points.length <= MOST) return points;
  return Array.from(
    { length: MOST },
    (_, index) => points[Math.floor((index * points.length) / MOST)]!,
  );
}

/** Not a number where all have the same place. */
function changeOver(points: readonly DriftPoint[]): number {
  const slopes = points.flatMap((a, index) =>
    points
      .slice(index + 1)
      .filter((b) => b.order !== a.order)
      .map((b) => (b.ratio - a.ratio) / (b.order - a.order)),
  );
  if (slopes.length === 0) return Number.NaN;
  const orders = points.map(({ order }) => order);
  return median(slopes) * (Math.max(...orders) - Math.min(...orders));
}

export function driftText({ of, points, change, low, high }: Drift): string {
  const percent = (share: number) =>
    `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)} %`;
  const what =
    of === 'reference'
      ? `The reference ran ${points.length} times.`
      : `${points.length} trials, each beside the median of its own point.`;
  const sure = low > 0 || high < 0;
  const trend = `From the first to the last makespans changed by ${percent(change)} (95 %: ${percent(low)} to ${percent(high)})`;
  return `${what} ${trend}: ${sure ? 'the machine drifted' : 'no drift beyond chance'}.`;
}
