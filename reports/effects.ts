/**
 * Configurations against each other: every point beside the shortest one, with the ratio's interval and the
 * effect size. Only points with the same frames are compared: sources and rate.
 */
import type { Parameters } from '../harness/results/format.ts';
import { median } from '../runtime/quantiles.ts';
import { groupBy } from './group.ts';
import { durationText } from './numbers.ts';
import { comparePoints, pointKey, pointNames } from './point.ts';
import type { Results } from './read.ts';
import { bootstrapRatio, cliffsDelta, type Interval } from './statistics.ts';
import { isMeasured } from './summary.ts';

interface Effect {
  readonly parameters: Parameters;
  readonly makespansMs: readonly number[];
  readonly ratio: Interval;
  /** Cliff's delta against the shortest. */
  readonly delta: number;
}

export const EFFECT_HEADERS = [
  'Point',
  'Makespan',
  'Times the shortest [95 %]',
  'Cliff’s delta',
  'Effect',
  'n',
] as const;

/** Rows in the order of EFFECT_HEADERS, the shortest first; empty where there is nothing to compare. */
export function effectRows(results: Results): string[][] {
  const effects = effectsOf(results);
  const { names } = pointNames(effects.map(({ parameters }) => parameters));
  return effects.map(({ makespansMs, ratio, delta }, index) => [
    names[index]!,
    durationText(median(makespansMs)),
    ratioText(ratio),
    delta.toFixed(2),
    effectWord(delta, makespansMs.length),
    String(makespansMs.length),
  ]);
}

function effectsOf({ trials, manifest }: Results): Effect[] {
  const timed = trials.filter(
    (trial) => isMeasured(trial) && trial.makespanMs !== undefined && trial.frames.length > 0,
  );
  const comparable = groupBy(timed, ({ parameters: { sources = 1, rate = '' } }) =>
    [sources, rate].join(' '),
  );
  return [...comparable.values()].flatMap((list) => {
    const points = [...groupBy(list, ({ parameters }) => pointKey(parameters)).values()]
      .map((group) => ({
        parameters: group[0]!.parameters,
        makespansMs: group.map(({ makespanMs }) => makespanMs!),
      }))
      .sort(
        (a, b) =>
          median(a.makespansMs) - median(b.makespansMs) ||
          comparePoints(a.parameters, b.parameters),
      );
    const shortest = points[0]!.makespansMs;
    if (points.length < 2) return [];
    return points.map((point) => ({
      ...point,
      ratio: bootstrapRatio(point.makespansMs, shortest, manifest.seed),
      delta: cliffsDelta(shortest, point.makespansMs),
    }));
  });
}

function ratioText({ median: ratio, low, high }: Interval): string {
  if (low === undefined || high === undefined) return ratio.toFixed(2);
  return `${ratio.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

/** By the bounds of Romano and others (2006), 0.147, 0.33 and 0.474. */
function effectWord(delta: number, count: number): string {
  if (count < 2) return 'one run: chance is not ruled out';
  const size = Math.abs(delta);
  return size < 0.147 ? 'negligible' : size < 0.33 ? 'small' : size < 0.474 ? 'medium' : 'large';
}
