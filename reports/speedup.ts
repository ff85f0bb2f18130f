/**
 * How many times as fast a point is as its baselines. There are two, because they say different things:
 * the same strategy on one edge says what more edges are worth, the plain unpartitioned network
 * (`local`) says what distributing is worth, with all that partitioning itself costs.
 */
import type { Parameters } from '../harness/results/format.ts';
import { bootstrapRatio, type Interval } from './statistics.ts';

/** Ratios of makespans; absent where the baseline was not run, or is the point itself. */
export interface Speedups {
  readonly overOneEdge?: Interval;
  readonly overLocal?: Interval;
}

/** A point with the makespans of its repetitions. */
export interface Timed {
  readonly parameters: Parameters;
  readonly makespansMs: readonly number[];
}

/** What a strategy decides: the rest of the parameters must be the same for a comparison with `local`. */
const OF_STRATEGY: ReadonlySet<string> = new Set([
  'edges',
  'grid',
  'strategy',
  'reuse',
  'order',
  'align',
]);
const LOCAL = 'local';

/** Of each point, against what the others say of its baselines. */
export function speedupsOf(points: readonly Timed[], seed: number): Speedups[] {
  const oneEdge = firstOf(
    points.filter(({ parameters }) => parameters.edges === 1),
    restOfOneEdge,
  );
  const local = firstOf(
    points.filter(({ parameters }) => parameters.strategy === LOCAL),
    restOfLocal,
  );
  return points.map((point) => {
    const { edges, strategy, rate } = point.parameters;
    // At a rate the last frame's arrival decides when all is done, and not the system.
    if (strategy === LOCAL || (rate !== undefined && rate !== 'back-to-back')) return {};
    const over = (baseline: Timed | undefined): Interval | undefined =>
      baseline === undefined || baseline.makespansMs.length === 0 || point.makespansMs.length === 0
        ? undefined
        : bootstrapRatio(baseline.makespansMs, point.makespansMs, seed);
    const overOneEdge = edges === 1 ? undefined : over(oneEdge.get(restOfOneEdge(point)));
    const overLocal = over(local.get(restOfLocal(point)));
    return {
      ...(overOneEdge === undefined ? {} : { overOneEdge }),
      ...(overLocal === undefined ? {} : { overLocal }),
    };
  });
}

function firstOf(points: readonly Timed[], keyOf: (point: Timed) => string): Map<string, Timed> {
  const first = new Map<string, Timed>();
  for (const point of points) {
    const key = keyOf(point);
    if (!first.has(key)) first.set(key, point);
  }
  return first;
}

function restOfOneEdge(point: Timed): string {
  return restOf(point, (key) => key === 'edges');
}

function restOfLocal(point: Timed): string {
  return restOf(point, (key) => OF_STRATEGY.has(key));
}

/** Equal of points that differ in nothing but what is ignored, parameters of later versions included. */
function restOf({ parameters }: Timed, ignored: (key: string) => boolean): string {
  return JSON.stringify(
    Object.entries(parameters)
      .filter(([key]) => !ignored(key))
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}
