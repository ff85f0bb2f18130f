/**
 * How long a queue was over time, in little memory: its largest length, the line of least squares
 * through all of it, and a bounded number of samples for a picture.
 */

/** Milliseconds after the start, and the length from then on. */
export type QueueSample = readonly [ms: number, length: number];

/** Samples are thinned when they are twice as many. */
const SAMPLES = 128;

export class QueueHistory {
  #lastMs = 0;
  #length = 0;
  #largest = 0;
  /** Integrals of length and of time × length until `#lastMs`. */
  #area = 0;
  #moment = 0;
  #samples: QueueSample[] = [];
  /** How many changes make one sample, and those that make the next. */
  #stride = 1;
  #group: QueueSample[] = [];

  get length(): number {
    return this.#length;
  }

  get largest(): number {
    return this.#largest;
  }

  /** The queue has this length from now on. Times never go back. */
  change(atMs: number, length: number): void {
    this.#pass(atMs);
    this.#length = length;
    this.#largest = Math.max(this.#largest, length);
    this.#group.push([atMs, length]);
    if (this.#group.length < this.#stride) return;
    this.#samples.push(longest(this.#group));
    this.#group = [];
    if (this.#samples.length === 2 * SAMPLES) this.#thin();
  }

  /**
   * Slope, in frames a second, of the line of least squares through the length at every moment from the
   * start until the last change: not through samples, so nothing hangs on when the queue was looked at.
   * 0 where no time has passed.
   */
  get growthPerSecond(): number {
    const duration = this.#lastMs;
    if (duration === 0) return 0;
    return (1000 * 12 * (this.#moment - (duration / 2) * this.#area)) / duration ** 3;
  }

  /** In order of time. Where they are thinned, each is the longest that the queue was in its stretch. */
  get samples(): readonly QueueSample[] {
    const rest = this.#group;
    if (rest.length === 0) return this.#samples;
    const last = rest.at(-1)!;
    const high = longest(rest);
    return [...this.#samples, ...(high === last ? [last] : [high, last])];
  }

  #pass(atMs: number): void {
    this.#area += this.#length * (atMs - this.#lastMs);
    this.#moment += (this.#length * (atMs ** 2 - this.#lastMs ** 2)) / 2;
    this.#lastMs = atMs;
  }

  #thin(): void {
    const pairs = Array.from({ length: SAMPLES }, (_, pair) =>
      this.#samples.slice(2 * pair, 2 * pair + 2),
    );
    this.#samples = pairs.map(longest);
    this.#stride *= 2;
  }
}

function longest(samples: readonly QueueSample[]): QueueSample {
  return samples.reduce((best, sample) => (sample[1] > best[1] ? sample : best));
}
