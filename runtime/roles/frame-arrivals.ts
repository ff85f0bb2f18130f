/**
 * A source's frames as they arrive: says how many may be taken, and calls when another has come. The
 * schedule's part is runtime/schedule/arrival-queue.ts; this file has the timer.
 */
import { type Clock, MACHINE_CLOCK } from '../clock.ts';
import { ArrivalQueue, type QueueReport } from '../schedule/arrival-queue.ts';
import type { FrameRate } from '../schedule/arrivals.ts';

/** How many frames a source has, and when they come. */
export interface ArrivingFrames {
  readonly count: number;
  readonly rate: FrameRate;
}

export interface ArrivedFrame {
  readonly frame: number;
  /** On this node's clock. Back to back it is the moment at which the frame is taken. */
  readonly arrivedAtMs: number;
}

export class FrameArrivals {
  readonly #onArrival: () => void;
  readonly #clock: Clock;
  /** Undefined: back to back. */
  readonly #queue: ArrivalQueue | undefined;
  #left: number;
  #taken = 0;
  #startedAtMs: number | undefined;
  #stopTimer: (() => void) | undefined;

  /** @param onArrival called when a frame has arrived, never before `start` */
  constructor(
    { count, rate }: ArrivingFrames,
    onArrival: () => void,
    clock: Clock = MACHINE_CLOCK,
  ) {
    this.#onArrival = onArrival;
    this.#clock = clock;
    this.#left = count;
    this.#queue =
      rate.kind === 'back-to-back' || count === 0 ? undefined : new ArrivalQueue(rate, count);
  }

  /** The start signal: arrivals are counted from the first one. */
  start(): void {
    this.#startedAtMs ??= this.#clock.nowMs();
    this.#awaitNext();
  }

  /** Frames that may be taken now. */
  get waiting(): number {
    if (this.#startedAtMs === undefined) return 0;
    if (this.#queue === undefined) return this.#left;
    return this.#queue.waiting(this.#clock.nowMs() - this.#startedAtMs);
  }

  /** The frame that has waited longest; undefined where none waits. */
  take(): ArrivedFrame | undefined {
    if (this.waiting === 0 || this.#startedAtMs === undefined) return undefined;
    const nowMs = this.#clock.nowMs();
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
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  /** Undefined where frames come back to back, and on an edge that is no source. */
  report(): QueueReport | undefined {
    return this.#queue?.report();
  }

  #awaitNext(): void {
    const nextMs = this.#queue?.nextArrivalMs;
    if (this.#stopTimer !== undefined || nextMs === undefined) return;
    // Rounded as in `waiting`: else a frame could be due, and never there.
    const delayMs = nextMs - (this.#clock.nowMs() - this.#startedAtMs!);
    this.#stopTimer = this.#clock.after(Math.max(0, Math.ceil(delayMs)), () => {
      this.#stopTimer = undefined;
      // Timers may be a little early, and a look at `waiting` may have counted the frame already.
      if (this.waiting > 0) this.#onArrival();
      this.#awaitNext();
    });
  }
}
