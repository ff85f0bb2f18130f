/** A figure of a point: the median over its repetitions, and how sure it is. */
import { bootstrapInterval, type Interval } from './statistics.ts';

/** A median over `count` repetitions, with its 95 % interval. */
export interface Estimate extends Interval {
  readonly count: number;
}

/** Of the repetitions that have the figure; undefined where none has. */
export function estimateOf(
  values: readonly (number | undefined)[],
  seed: number,
): Estimate | undefined {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return undefined;
  return { ...bootstrapInterval(known, seed), count: known.length };
}
