/**
 * A source's frames as they arrive: says how many may be taken, and calls when another has come. The
 * schedule's part is runtime/schedule/arrival-queue.ts; this file has the clock and the timer.
 */
import { monotonicMs } from '../clock.ts';
import { ArrivalQueue, type QueueReport } from '../schedule/arrival-queue.ts';
import type { EdgeConfig } from './config.ts';

/** A timer that is set for longer goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface ArrivedFrame {
  readonly frame: number;
  /** On this node's clock. Back to back it is the moment at which the frame is taken. */
  readonly arrivedAtMs: number;
}

export class FrameArrivals {
  readonly #onArrival: () => void;
  /** Undefined: back to back. */
  readonly #queue: ArrivalQueue | undefined;
  #left: number;
  #taken = 0;
  #startedAtMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param onArrival called when a frame has arrived, never before `start` */
  constructor({ frames, rate }: Pick<EdgeConfig, 'frames' | 'rate'>, onArrival: () => void) {
    this.#onArrival = onArrival;
    this.#left = frames.length;
    this.#queue =
      rate.kind === 'back-to-back' || frames.length === 0
        ? undefined
        : new ArrivalQueue(rate, frames.length);
  }

  /** The start signal: arrivals are counted from the first one. */
  start(): void {
    this.#startedAtMs ??= monotonicMs();
    this.#awaitNext();
  }

  /** Frames that may be taken now. */
  get waiting(): number {
    if (this.#startedAtMs === undefined) return 0;
    if (this.#queue === undefined) return this.#left;
    return this.#queue.waiting(monotonicMs() - this.#startedAtMs);
  }

  /** The frame that has waited longest; undefined where none waits. */
  take(): ArrivedFrame | undefined {
    if (this.waiting === 0 || this.#startedAtMs === undefined) return undefined;
    const nowMs = monotonicMs();
    const arrival = this.#queue?.take(nowMs - this.#startedAtMs);
    this.#left--;
    const frame = this.#taken++;
    return {
      frame,
      arrivedAtMs: arrival === undefined ? nowMs : this.#startedAtMs + arrival.atMs,
    };
  }

  /** No frame comes any more. */
  abandon(): void {
    this.#left = 0;
    this.#queue?.abandon();
    this.close();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Undefined where frames come back to back, and on an edge that is no source. */
  report(): QueueReport | undefined {
    return this.#queue?.report();
  }

  #awaitNext(): void {
    const nextMs = this.#queue?.nextArrivalMs;
    if (this.#timer !== undefined || nextMs === undefined) return;
    const delayMs = this.#startedAtMs! + nextMs - monotonicMs();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        // Timers may be a little early, and a look at `waiting` may have counted the frame already.
        if (this.waiting > 0) this.#onArrival();
        this.#awaitNext();
      },
      Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(delayMs))),
    );
  }
}
