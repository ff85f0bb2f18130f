/**
 * Two results of the same experiment beside each other: the ratio of medians at every point that both
 * have, its 95 % interval, and how far the repetitions lie apart.
 */
import type { TrialRecord } from '../harness/results/format.ts';
import { median } from '../runtime/quantiles.ts';
import { joulesPerFrame } from './energy.ts';
import { groupBy } from './group.ts';
import { comparePoints, pointKey, pointName } from './point.ts';
import type { Results } from './read.ts';
import { bootstrapInterval, bootstrapRatio, cliffsDelta, type Interval } from './statistics.ts';
import { isMeasured } from './summary.ts';
import { transferOf, transferText } from './what-travels.ts';

export const COMPARED_MEASURES = ['latency', 'makespan', 'throughput', 'memory', 'energy'] as const;
export type ComparedMeasure = (typeof COMPARED_MEASURES)[number];

export type Change = 'better' | 'worse' | 'same' | 'unclear';

export interface PointComparison {
  readonly point: string;
  readonly before: Interval;
  readonly after: Interval;
  readonly repetitions: readonly [number, number];
  /** After over before; of throughput, too: more is better there. */
  readonly ratio: Interval;
  /**
   * Cliff's delta (1993): how much more often a repetition of the second lies above one of the first than
   * below, from -1 to 1. From 0.47 on by the usual words it is large.
   */
  readonly effect: number;
  readonly change: Change;
}

export interface Comparison {
  readonly measure: ComparedMeasure;
  readonly unit: string;
  readonly threshold: number;
  readonly points: readonly PointComparison[];
  /** Points that only one of them has. */
  readonly unmatched: readonly string[];
  /** What else is different between the two, and may be the reason. */
  readonly differences: readonly string[];
}

const UNITS: Readonly<Record<ComparedMeasure, string>> = {
  latency: 'ms',
  makespan: 'ms',
  throughput: 'frames/s',
  memory: 'MiB',
  energy: 'J a frame',
};

/** @param threshold by what share a point may be worse: 0.05 is 5 % */
export function compareResults(
  before: Results,
  after: Results,
  measure: ComparedMeasure,
  threshold: number,
): Comparison {
  const [first, second] = [valuesByPoint(before, measure), valuesByPoint(after, measure)];
  const points = [...first].flatMap(([key, { name, values }]): PointComparison[] => {
    const other = second.get(key);
    if (other === undefined) return [];
    const ratio = bootstrapRatio(other.values, values, before.manifest.seed);
    return [
      {
        point: name,
        before: bootstrapInterval(values, before.manifest.seed),
        after: bootstrapInterval(other.values, before.manifest.seed),
        repetitions: [values.length, other.values.length],
        ratio,
        effect: cliffsDelta(values, other.values),
        change: changeOf(ratio, measure === 'throughput', threshold),
      },
    ];
  });
  const unmatched = [
    ...[...first].filter(([key]) => !second.has(key)).map(([, { name }]) => `${name}: before only`),
    ...[...second].filter(([key]) => !first.has(key)).map(([, { name }]) => `${name}: after only`),
  ];
  const differences = differencesOf(before, after);
  return { measure, unit: UNITS[measure], threshold, points, unmatched, differences };
}

function valuesByPoint({ trials }: Results, measure: ComparedMeasure) {
  const ended = trials
    .filter(isMeasured)
    .toSorted((a, b) => comparePoints(a.parameters, b.parameters));
  const groups = groupBy(ended, ({ parameters }) => pointKey(parameters));
  return new Map(
    [...groups].flatMap(([key, group]) => {
      const values = group.flatMap((trial) => measured(trial, measure) ?? []);
      const name = pointName(group[0]!.parameters);
      return values.length === 0 ? [] : [[key, { name, values }] as const];
    }),
  );
}

function measured(trial: TrialRecord, measure: ComparedMeasure): number | undefined {
  const { frames, makespanMs, throughputFps, nodes } = trial;
  switch (measure) {
    case 'latency':
      return frames.length === 0 ? undefined : median(frames.map(({ latencyMs }) => latencyMs));
    case 'makespan':
      return makespanMs;
    case 'throughput':
      return throughputFps;
    case 'memory': {
      const peaks = Object.values(nodes).map(({ peakRssBytes }) => peakRssBytes);
      return peaks.length === 0 ? undefined : Math.max(...peaks) / 2 ** 20;
    }
    case 'energy':
      return joulesPerFrame(trial);
    default:
      return measure satisfies never;
  }
}

/** Past the threshold, and not by chance: where there is an interval, all of it lies on that side of 1. */
function changeOf(
  { median: ratio, low, high }: Interval,
  more: boolean,
  threshold: number,
): Change {
  const past = ratio > 1 + threshold ? 'up' : ratio < 1 / (1 + threshold) ? 'down' : undefined;
  if (past === undefined) return 'same';
  const sure = past === 'up' ? (low ?? ratio) > 1 : (high ?? ratio) < 1;
  if (!sure) return 'unclear';
  return (past === 'up') === more ? 'better' : 'worse';
}

function differencesOf({ manifest: a }: Results, { manifest: b }: Results): string[] {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['testbed', a.testbed.text, b.testbed.text],
    ['model', JSON.stringify(a.model), JSON.stringify(b.model)],
    ['what travelled', transferText(transferOf(a)), transferText(transferOf(b))],
    ['runtime', a.versions.runtime, b.versions.runtime],
    ['engine', a.versions.engine, b.versions.engine],
    ['Node.js', a.versions.node, b.versions.node],
    ['CPU', a.host.cpuModel, b.host.cpuModel],
    ['kernel', a.host.kernel, b.host.kernel],
  ];
  return pairs.filter(([, one, other]) => one !== other).map(([what]) => what);
}
