/** A source's frames (roles/taken-frames.ts, roles/frame-arrivals.ts), on simulated time. */
import { ArrivalQueue } from '../schedule/arrival-queue.ts';
import type { TimedRate } from '../schedule/arrivals.ts';
import type { EventQueue } from './simulated-network.ts';

export interface FrameTraits {
  readonly frames: number;
  /** Undefined: back to back. */
  readonly rate?: TimedRate | undefined;
  readonly framesInFlight: number;
}

export class SimulatedFrames {
  readonly #traits: FrameTraits;
  readonly #events: EventQueue;
  readonly #onArrival: () => void;
  readonly #arrivals: ArrivalQueue | undefined;
  /** Taken, and not yet answered with detections. */
  readonly #underWay = new Set<number>();
  #startedAtMs: number | undefined;
  #nextFrame = 0;
  #taking = false;
  #abandoned = false;

  constructor(traits: FrameTraits, events: EventQueue, onArrival: () => void) {
    this.#traits = traits;
    this.#events = events;
    this.#onArrival = onArrival;
    const { rate, frames } = traits;
    this.#arrivals = rate === undefined ? undefined : new ArrivalQueue(rate, frames);
  }

  start(): void {
    if (this.#startedAtMs === undefined) this.#awaitArrival();
  }

  /** Frames that may be taken at once. */
  get toCome(): number {
    return this.#underWay.size < this.#traits.framesInFlight ? this.#arrived : 0;
  }

  /** The next frame; it is read for a while then. */
  take(): number | undefined {
    if (this.#taking || this.toCome === 0) return undefined;
    this.#taking = true;
    this.#arrivals?.take(this.#sinceStartMs());
    return this.#nextFrame++;
  }

  taken(frame: number): void {
    this.#taking = false;
    this.#underWay.add(frame);
  }

  answered(frame: number): void {
    this.#underWay.delete(frame);
  }

  abandon(): void {
    this.#underWay.clear();
    this.#abandoned = true;
  }

  get #arrived(): number {
    if (this.#abandoned) return 0;
    if (this.#arrivals === undefined) return this.#traits.frames - this.#nextFrame;
    return this.#arrivals.waiting(this.#sinceStartMs());
  }

  #sinceStartMs(): number {
    this.#startedAtMs ??= this.#events.nowMs;
    return this.#events.nowMs - this.#startedAtMs;
  }

  #awaitArrival(): void {
    const nowMs = this.#sinceStartMs();
    const nextMs = this.#arrivals?.nextArrivalMs;
    if (nextMs === undefined || this.#abandoned) return;
    this.#events.after(Math.max(0, Math.ceil(nextMs - nowMs)), () => {
      if (this.#arrived > 0) this.#onArrival();
      this.#awaitArrival();
    });
  }
}
