/**
 * Frames that have arrived at a source and wait to be taken.
 *
 *   to come ──its time──▶ waiting ──take──▶ taken
 *      │                     │
 *      └──────abandon────────┴──▶ given up
 *
 * The clock is the caller's: milliseconds after the start, never going back.
 */

import { arrivalTimes, type TimedRate } from './arrivals.ts';
import { type QueueGrowth, queueGrowth } from './queue-growth.ts';
import { QueueHistory, type QueueSample } from './queue-history.ts';

/** What a source tells of its queue at the end. */
export interface QueueReport {
  /** Offered: what the rate promises on average. */
  readonly framesPerSecond: number;
  readonly arrived: number;
  /** After the start; 0 where none arrived. */
  readonly lastArrivalMs: number;
  readonly largest: number;
  /** When the last frame had arrived: from then on the queue can only become shorter. */
  readonly atEnd: number;
  /** Slope of the line of least squares through the length until the last arrival. */
  readonly growthPerSecond: number;
  readonly growth: QueueGrowth;
  readonly samples: readonly QueueSample[];
}

export interface Arrival {
  readonly frame: number;
  /** After the start. */
  readonly atMs: number;
}

export class ArrivalQueue {
  readonly #rate: TimedRate;
  readonly #times: Generator<number, never>;
  readonly #count: number;
  readonly #waiting: Arrival[] = [];
  readonly #history = new QueueHistory();
  #next: Arrival | undefined;
  /** At the latest arrival. */
  #atEnd = 0;
  #growthPerSecond = 0;
  #lastArrivalMs = 0;
  #arrived = 0;

  /** @param count frames that the source gives in all */
  constructor(rate: TimedRate, count: number) {
    this.#rate = rate;
    this.#times = arrivalTimes(rate);
    this.#count = count;
    this.#next = this.#draw(0);
  }

  /** When the next frame arrives; undefined after the last. */
  get nextArrivalMs(): number | undefined {
    return this.#next?.atMs;
  }

  /** How many frames wait at that time. */
  waiting(nowMs: number): number {
    while (this.#next !== undefined && this.#next.atMs <= nowMs) this.#arrive(this.#next);
    return this.#waiting.length;
  }

  /** The frame that has waited longest; undefined where none waits. */
  take(nowMs: number): Arrival | undefined {
    if (this.waiting(nowMs) === 0) return undefined;
    const arrival = this.#waiting.shift()!;
    this.#history.change(nowMs, this.#waiting.length);
    return arrival;
  }

  /** No frame comes any more, and those that wait are not taken. */
  abandon(): void {
    this.#next = undefined;
    this.#waiting.length = 0;
  }

  report(): QueueReport {
    const { largest, samples } = this.#history;
    const growth = queueGrowth({
      rate: this.#rate.kind,
      arrivals: this.#arrived,
      riseFrames: (this.#growthPerSecond * this.#lastArrivalMs) / 1000,
    });
    return {
      framesPerSecond: this.#rate.framesPerSecond,
      arrived: this.#arrived,
      lastArrivalMs: this.#lastArrivalMs,
      largest,
      atEnd: this.#atEnd,
      growthPerSecond: this.#growthPerSecond,
      growth,
      samples: samples.map(([ms, length]) => [Math.round(ms), length]),
    };
  }

  #arrive(arrival: Arrival): void {
    this.#waiting.push(arrival);
    this.#history.change(arrival.atMs, this.#waiting.length);
    this.#arrived++;
    this.#atEnd = this.#waiting.length;
    this.#growthPerSecond = this.#history.growthPerSecond;
    this.#lastArrivalMs = arrival.atMs;
    this.#next = this.#draw(arrival.frame + 1);
  }

  #draw(frame: number): Arrival | undefined {
    return frame < this.#count ? { frame, atMs: this.#times.next().value } : undefined;
  }
}
