/**
 * When a source's frames arrive: times as a pure function of its rate. They come whatever the system
 * does, as a camera's do (an open loop), so that a system which is too slow shows it.
 */

export type FrameRate =
  /** A frame arrives whenever the source takes one: a closed loop, which finds the most that a system can do. */
  | { readonly kind: 'back-to-back' }
  | { readonly kind: 'fixed'; readonly framesPerSecond: number }
  /** Independent arrivals with this mean; the same seed gives the same times on every machine. */
  | { readonly kind: 'poisson'; readonly framesPerSecond: number; readonly seed: number };

/** A rate that has times of arrival. */
export type TimedRate = Exclude<FrameRate, { kind: 'back-to-back' }>;

/**
 * Milliseconds after the start, ascending, without end. At a fixed rate frame k arrives at k / rate. A
 * Poisson process has exponential gaps, its first one before the first frame; they are drawn by
 * inversion (Devroye, "Non-Uniform Random Variate Generation", 1986, section II.2).
 */
export function* arrivalTimes(rate: TimedRate): Generator<number, never> {
  const meanGapMs = 1000 / rate.framesPerSecond;
  if (rate.kind === 'fixed') {
    for (let frame = 0; ; frame++) yield frame * meanGapMs;
  }
  const random = uniform(rate.seed);
  for (let atMs = 0; ; ) {
    atMs -= meanGapMs * Math.log(random());
    yield atMs;
  }
}

/** Numbers strictly between 0 and 1: Steele, Lea and Flood's SplitMix (2014) on 32 bits. */
function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (((mixed ^ (mixed >>> 15)) >>> 0) + 0.5) / 2 ** 32;
  };
}
