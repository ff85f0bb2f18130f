/**
 * An edge's estimate of the gateway's clock, from heartbeats that go to and fro (Cristian, 1989): the
 * sample with the shortest round trip is the best, and half of that is its error.
 */
import { monotonicMs } from '../clock.ts';
import type { ClockOffset } from './events.ts';

export class ClockSync {
  #best: ClockOffset = { offsetMs: 0, errorMs: Number.POSITIVE_INFINITY };

  /** Takes a reply to a heartbeat that was sent at `sentAtMs` of this clock. */
  sample(sentAtMs: number, repliedAtMs: number): void {
    const nowMs = monotonicMs();
    const errorMs = (nowMs - sentAtMs) / 2;
    if (errorMs < this.#best.errorMs) {
      this.#best = { offsetMs: repliedAtMs - (sentAtMs + nowMs) / 2, errorMs };
    }
  }

  /** Before the first reply the two clocks are taken as one, with no knowledge of the error. */
  get offset(): ClockOffset {
    const { offsetMs, errorMs } = this.#best;
    return { offsetMs, errorMs: Number.isFinite(errorMs) ? errorMs : 0 };
  }
}
