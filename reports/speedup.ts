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

export function speedupsOf(point: Timed, points: readonly Timed[], seed: number): Speedups {
  const { parameters } = point;
  // At a rate the last frame's arrival decides when all is done, and not the system.
  if (parameters.rate !== undefined && parameters.rate !== 'back-to-back') return {};
  const over = (baseline: Timed | undefined): Interval | undefined =>
    baseline === undefined || baseline.makespansMs.length === 0 || point.makespansMs.length === 0
      ? undefined
      : bootstrapRatio(baseline.makespansMs, point.makespansMs, seed);
  const overOneEdge = over(
    parameters.edges === 1 || parameters.strategy === LOCAL
      ? undefined
      : points.find((other) => other.parameters.edges === 1 && same(other, point, isEdges)),
  );
  const overLocal = over(
    parameters.strategy === LOCAL
      ? undefined
      : points.find(
          (other) =>
            other.parameters.strategy === LOCAL &&
            same(other, point, (key) => OF_STRATEGY.has(key)),
        ),
  );
  return {
    ...(overOneEdge === undefined ? {} : { overOneEdge }),
    ...(overLocal === undefined ? {} : { overLocal }),
  };
}

function isEdges(key: string): boolean {
  return key === 'edges';
}

/** Whether two points differ in nothing but what is ignored, parameters of later versions included. */
function same(a: Timed, b: Timed, ignored: (key: string) => boolean): boolean {
  const rest = ({ parameters }: Timed) =>
    JSON.stringify(
      Object.entries(parameters)
        .filter(([key]) => !ignored(key))
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    );
  return rest(a) === rest(b);
}
