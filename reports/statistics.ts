/** How sure medians are. Pure; the same values and seed give the same interval anywhere. */
import { seededRandom } from '../harness/results/seeded-random.ts';
import { median, sortedQuantile } from '../runtime/quantiles.ts';

export interface Interval {
  readonly median: number;
  /** Ends of the 95 % interval; undefined of a single value, which has no spread to go by. */
  readonly low: number | undefined;
  readonly high: number | undefined;
}

const RESAMPLES = 2000;

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
  return { median: middle, ...middleOf(resampled(medianOfDraws(values, seededRandom(seed)))) };
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
  const random = seededRandom(seed);
  const numerator = medianOfDraws(numerators, random);
  const denominator = medianOfDraws(denominators, random);
  return { median: middle, ...middleOf(resampled(() => numerator() / denominator())) };
}

/**
 * Cliff's delta (1993): how much more often a value of `after` lies above one of `before` than below, from -1
 * to 1. It asks for no normal distribution.
 */
export function cliffsDelta(before: readonly number[], after: readonly number[]): number {
  const signs = before.flatMap((a) => after.map((b) => Math.sign(b - a)));
  return signs.reduce((sum, sign) => sum + sign, 0) / signs.length;
}

function resampled(draw: () => number): Float64Array {
  return Float64Array.from({ length: RESAMPLES }, draw).sort();
}

function middleOf(sorted: Float64Array): { readonly low: number; readonly high: number } {
  return { low: sortedQuantile(sorted, 0.025), high: sortedQuantile(sorted, 0.975) };
}

/** Each call draws as many values with replacement. */
function medianOfDraws(values: readonly number[], random: () => number): () => number {
  const sample = new Float64Array(values.length);
  return () => {
    for (let index = 0; index < sample.length; index++) {
      sample[index] = values[Math.floor(random() * values.length)]!;
    }
    return sortedQuantile(sample.sort(), 0.5);
  };
}

/**
 * How often the range of `count` independent values holds the median that they are drawn around: all
 * of them lie on one side of it with probability 2 × 2^-count.
 */
export function bestCoverage(count: number): number {
  return 1 - 2 ** (1 - count);
}
