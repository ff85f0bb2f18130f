/** How sure medians are. Pure; the same values and seed give the same interval anywhere. */
import { between, median, placeOf, sortedQuantile } from '../runtime/quantiles.ts';
import { type Draws, drawsOf, RESAMPLES } from './resamples.ts';

export interface Interval {
  readonly median: number;
  /** Ends of the 95 % interval; undefined of a single value, which has no spread to go by. */
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/**
 * The median with its 95 % percentile-bootstrap interval (Efron, "Bootstrap methods: another look at
 * the jackknife", Annals of Statistics 7, 1979). Throws RangeError on no values.
 *
 * It cannot reach beyond the smallest and the largest value, so below six values it holds the true
 * median less often than 95 %: see `bestCoverage`.
 */
export function bootstrapInterval(values: readonly number[], seed: number): Interval {
  const middle = median(values);
  if (values.length === 1) return { median: middle, low: undefined, high: undefined };
  // Bytes and operations are often the same in every repetition.
  if (values.every((value) => value === middle))
    return { median: middle, low: middle, high: middle };
  const draws = drawsOf(seed, [values.length]);
  const medianOf = medianOfDraws(values, draws, 0);
  return { median: middle, ...middleOf(resampled(() => medianOf(draws.next()))) };
}

/**
 * The ratio of two medians with its 95 % percentile-bootstrap interval: both are drawn anew,
 * independently. Without an interval where one of them is a single value. Throws RangeError on no values.
 */
export function bootstrapRatio(
  numerators: readonly number[],
  denominators: readonly number[],
  seed: number,
): Interval {
  const middle = median(numerators) / median(denominators);
  if (numerators.length === 1 || denominators.length === 1) {
    return { median: middle, low: undefined, high: undefined };
  }
  const draws = drawsOf(seed, [numerators.length, denominators.length]);
  const numerator = medianOfDraws(numerators, draws, 0);
  const denominator = medianOfDraws(denominators, draws, numerators.length);
  const ratio = (at: number) => numerator(at) / denominator(at);
  return { median: middle, ...middleOf(resampled(() => ratio(draws.next()))) };
}

/**
 * Cliff's delta (1993): how much more often a value of `after` lies above one of `before` than below, from -1
 * to 1. It asks for no normal distribution.
 */
export function cliffsDelta(before: readonly number[], after: readonly number[]): number {
  const sorted = Float64Array.from(before).sort();
  let sum = 0;
  for (const value of after) {
    sum += countBelow(sorted, (other) => other < value);
    sum -= sorted.length - countBelow(sorted, (other) => other <= value);
  }
  return sum / (before.length * after.length);
}

/** How many of the sorted values, from the first on, are below. */
function countBelow(sorted: Float64Array, isBelow: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function resampled(draw: () => number): Float64Array {
  const values = new Float64Array(RESAMPLES);
  for (let at = 0; at < RESAMPLES; at++) values[at] = draw();
  return values;
}

/** Only what stands around the ends is put in its place: a report has tens of thousands of intervals. */
function middleOf(values: Float64Array): { readonly low: number; readonly high: number } {
  let first = 0;
  for (const share of [0.025, 0.975]) {
    const { below, above } = placeOf(values.length, share);
    for (const place of [below, above]) {
      select(values, place, first);
      first = place;
    }
  }
  return { low: sortedQuantile(values, 0.025), high: sortedQuantile(values, 0.975) };
}

/**
 * Puts that value there which stands there in ascending order, and no greater ones before it (Hoare, "Algorithm 65:
 * Find", CACM 4(7), 1961). All from `first` on are no less than those before.
 */
function select(values: Float64Array, place: number, first: number): void {
  let [from, to] = [first, values.length - 1];
  while (from < to) {
    const pivot = values[(from + to) >> 1]!;
    let [low, high] = [from, to];
    while (low <= high) {
      while (values[low]! < pivot) low++;
      while (values[high]! > pivot) high--;
      if (low > high) break;
      const swapped = values[low]!;
      values[low++] = values[high]!;
      values[high--] = swapped;
    }
    if (place <= high) to = high;
    else if (place >= low) from = low;
    else return;
  }
}

/**
 * The median of a resample, which is told by where its counts begin. Counting takes the place of sorting.
 *
 * @param first where the counts of these values begin in a resample's
 */
function medianOfDraws(
  values: readonly number[],
  { counts }: Draws,
  first: number,
): (at: number) => number {
  const sorted = Float64Array.from(values).sort();
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const { below, above, beyond } = placeOf(values.length, 0.5);
  return (at) => {
    const begin = at + first;
    let rank = 0;
    let seen = counts[begin + order[0]!]!;
    while (seen <= below) seen += counts[begin + order[++rank]!]!;
    const lower = sorted[rank]!;
    while (seen <= above) seen += counts[begin + order[++rank]!]!;
    return between(lower, sorted[rank]!, beyond);
  };
}

/**
 * How often the range of `count` independent values holds the median that they are drawn around: all
 * of them lie on one side of it with probability 2 × 2^-count.
 */
export function bestCoverage(count: number): number {
  return 1 - 2 ** (1 - count);
}
