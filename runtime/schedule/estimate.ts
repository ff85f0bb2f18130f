/**
 * What a quantity is by now, from samples that come as frames are computed: an edge's slowness, a link's
 * milliseconds a byte. The median of the last samples keeps a single hiccup out, and an exponentially
 * weighted mean of the medians smooths what noise is left; a jump of the median is believed at once. So a
 * lasting change is followed at its third sample.
 */
const MEDIAN_OF = 5;
const WEIGHT = 0.5;
/** By so much a median of noise does not jump. */
const JUMP = 1.25;
/** By how much an estimate without samples fades in a frame. */
const FORGET = 0.05;
/** An edge that was tried again in vain is left alone for longer and longer, up to sixteen times. */
const LEAST_FORGET = FORGET / 16;
/** What was not a fifth better than before was tried in vain. */
const BETTER = 0.8;

export class Estimate {
  readonly #initial: number;
  #last: number[] = [];
  #value: number;
  #forget = FORGET;
  /** The value when samples ceased. */
  #beforeIdle: number | undefined;

  /** @param initial what is believed before the first sample, and more and more when samples cease */
  constructor(initial: number) {
    this.#initial = initial;
    this.#value = initial;
  }

  get value(): number {
    return this.#value;
  }

  /** What is not a positive number is no measurement. */
  observe(sample: number): void {
    if (!(sample > 0 && Number.isFinite(sample))) return;
    if (this.#beforeIdle !== undefined) {
      const inVain = sample > BETTER * this.#beforeIdle;
      this.#forget = inVain ? Math.max(this.#forget / 2, LEAST_FORGET) : FORGET;
      this.#beforeIdle = undefined;
      // What was measured before the pause says nothing of now.
      this.#last = [];
    }
    this.#last = [...this.#last, sample].slice(-MEDIAN_OF);
    const median = this.#last.toSorted((a, b) => a - b)[this.#last.length >> 1]!;
    const jump = Math.max(median / this.#value, this.#value / median);
    this.#value = jump > JUMP ? median : this.#value + WEIGHT * (median - this.#value);
  }

  /**
   * A frame went by without a sample. A bad value fades towards a better initial one, so that an edge
   * which was left out gets a small share some time, and shows what it can do.
   */
  idle(): void {
    if (this.#value <= this.#initial) return;
    this.#beforeIdle ??= this.#value;
    this.#value = Math.max(this.#initial, this.#value * (1 - this.#forget));
  }
}
