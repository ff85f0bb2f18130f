/**
 * When a source takes its next frame: one has arrived, none is being read, and not too many are under
 * way, which a frame is from its reading until its detections exist. Of roles and of their simulation.
 */
import type { Clock } from '../clock.ts';
import type { QueueReport } from '../schedule/arrival-queue.ts';
import { type ArrivedFrame, type ArrivingFrames, FrameArrivals } from './frame-arrivals.ts';

export interface IntakeOptions extends ArrivingFrames {
  readonly framesInFlight: number;
}

export class FrameIntake {
  readonly #framesInFlight: number;
  readonly #arrivals: FrameArrivals;
  /** Taken, and not yet answered with detections. */
  readonly #underWay = new Set<number>();
  #taking = false;
  #abandoned = false;

  /** @param onArrival called when a frame has arrived that may be taken */
  constructor(options: IntakeOptions, onArrival: () => void, clock?: Clock) {
    this.#framesInFlight = options.framesInFlight;
    this.#arrivals = new FrameArrivals(options, onArrival, clock);
  }

  /** Frames arrive from now on. */
  start(): void {
    this.#arrivals.start();
  }

  /** Frames that may be taken at once. */
  get toCome(): number {
    return this.#underWay.size < this.#framesInFlight ? this.#arrivals.waiting : 0;
  }

  /** The next frame, to be read and then told to `taken`; undefined where it is not yet time for one. */
  begin(): ArrivedFrame | undefined {
    if (this.#taking || this.toCome === 0) return undefined;
    const arrived = this.#arrivals.take();
    this.#taking = arrived !== undefined;
    return arrived;
  }

  /** The frame has been read. False where it was given up with all others meanwhile. */
  taken(frame: number): boolean {
    this.#taking = false;
    if (this.#abandoned) return false;
    this.#underWay.add(frame);
    return true;
  }

  /** The frame's detections exist: another may be taken. */
  answered(frame: number): void {
    this.#underWay.delete(frame);
  }

  /** Gives up all frames, those to come included: the gateway has counted them as lost. */
  abandon(): void {
    this.#abandoned = true;
    this.#underWay.clear();
    this.#arrivals.abandon();
  }

  close(): void {
    this.#arrivals.close();
  }

  report(): QueueReport | undefined {
    return this.#arrivals.report();
  }
}
