/**
 * The draws of a bootstrap, as counts: how often each value is in a resample. They follow from the seed
 * and from how many values there are, so all figures of equally many repetitions share them.
 */
import { seededRandom } from '../harness/results/seeded-random.ts';

export const RESAMPLES = 2000;
/** Counts that are kept, two bytes each. What needs more is drawn anew every time. */
const MOST_KEPT = 4_000_000;

export interface Draws {
  /** Of every resample: a count for each value of the first list, then of the second, and so on. */
  readonly counts: Uint16Array;
  /** Where the counts of the next resample begin. */
  next(): number;
}

const kept = new Map<string, Uint16Array>();
let keptCounts = 0;

/**
 * @param sizes of the lists that values are drawn from, each by itself: as many as it has, with replacement
 * `next` may be called RESAMPLES times.
 */
export function drawsOf(seed: number, sizes: readonly number[]): Draws {
  const stride = sizes.reduce((sum, size) => sum + size, 0);
  if (RESAMPLES * stride > MOST_KEPT) return drawnAnew(seed, sizes, stride);
  const name = [seed, ...sizes].join(' ');
  let counts = kept.get(name);
  if (counts === undefined) {
    counts = allCounts(seed, sizes, stride);
    keep(name, counts);
  }
  let resample = 0;
  return { counts, next: () => stride * resample++ };
}

function drawnAnew(seed: number, sizes: readonly number[], stride: number): Draws {
  const random = seededRandom(seed);
  const counts = new Uint16Array(stride);
  const next = () => {
    counts.fill(0);
    draw(random, sizes, counts, 0);
    return 0;
  };
  return { counts, next };
}

function allCounts(seed: number, sizes: readonly number[], stride: number): Uint16Array {
  const random = seededRandom(seed);
  const counts = new Uint16Array(RESAMPLES * stride);
  for (let at = 0; at < counts.length; at += stride) draw(random, sizes, counts, at);
  return counts;
}

function draw(
  random: () => number,
  sizes: readonly number[],
  counts: Uint16Array,
  at: number,
): void {
  let first = at;
  for (const size of sizes) {
    for (let drawn = 0; drawn < size; drawn++) counts[first + Math.floor(random() * size)]!++;
    first += size;
  }
}

function keep(name: string, counts: Uint16Array): void {
  if (keptCounts + counts.length > MOST_KEPT) {
    kept.clear();
    keptCounts = 0;
  }
  kept.set(name, counts);
  keptCounts += counts.length;
}
