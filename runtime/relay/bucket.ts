/**
 * A rate in virtual time: tells when bytes have left, if they come now. A clock that is looked at too
 * late costs nothing, since an idle bucket may catch up by a short burst, as a token bucket does.
 */

/** Timers of a busy machine are that late. */
const BURST_MS = 5;

export class Bucket {
  readonly #bytesPerMs: number;
  #freeAtMs = Number.NEGATIVE_INFINITY;

  constructor(rateBitsPerSecond: number) {
    this.#bytesPerMs = rateBitsPerSecond / 8000;
  }

  /** Takes the bucket for these bytes; returns when the last of them has left. */
  take(bytes: number, nowMs: number): number {
    const beginsAtMs = Math.max(this.#freeAtMs, nowMs - BURST_MS);
    this.#freeAtMs = beginsAtMs + bytes / this.#bytesPerMs;
    return this.#freeAtMs;
  }
}
