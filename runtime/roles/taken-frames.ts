/** A source's frames: taken when they have arrived and not too many are under way, kept while they are needed. */
import type { Picture } from '../frames/picture.ts';
import type { EdgeConfig } from './config.ts';
import { FrameArrivals } from './frame-arrivals.ts';
import { readFrame } from './frame-reader.ts';
import type { Statistics } from './statistics.ts';

export interface TakenPicture {
  readonly frame: number;
  /** On this node's clock; back to back, when the frame was taken. */
  readonly arrivedAtMs: number;
  readonly width: number;
  readonly height: number;
}

export class TakenFrames {
  readonly #config: EdgeConfig;
  readonly #pictures = new Map<number, Picture>();
  /** Taken, and not yet answered with detections. */
  readonly #underWay = new Set<number>();
  readonly #arrivals: FrameArrivals;
  #taking = false;
  #abandoned = false;

  /** @param onArrival called when a frame has arrived that may be taken */
  constructor(config: EdgeConfig, statistics: Statistics, onArrival: () => void) {
    this.#config = config;
    this.#arrivals = new FrameArrivals(config, onArrival);
    statistics.queueReport = () => this.#arrivals.report();
  }

  /** Frames arrive from now on. */
  start(): void {
    this.#arrivals.start();
  }

  /** Frames that may be taken at once. */
  get toCome(): number {
    const mayTake = this.#underWay.size < this.#config.framesInFlight;
    return mayTake ? this.#arrivals.waiting : 0;
  }

  /** Takes the next frame; undefined where there is none, or it is not yet time for it. */
  async take(): Promise<TakenPicture | undefined> {
    if (this.#taking || this.toCome === 0) return undefined;
    const arrived = this.#arrivals.take();
    if (arrived === undefined) return undefined;
    const { frame, arrivedAtMs } = arrived;
    this.#taking = true;
    try {
      const picture = await readFrame(this.#config.frames[frame]!);
      // Given up with all others while it was read.
      if (this.#abandoned) return undefined;
      this.#pictures.set(frame, picture);
      this.#underWay.add(frame);
      return { frame, arrivedAtMs, width: picture.width, height: picture.height };
    } finally {
      this.#taking = false;
    }
  }

  picture(frame: number): Picture | undefined {
    return this.#pictures.get(frame);
  }

  /** Nobody will ask for the picture again. */
  release(frame: number): void {
    this.#pictures.delete(frame);
  }

  /** The frame's detections exist: another may be taken. */
  answered(frame: number): void {
    this.#underWay.delete(frame);
  }

  /** Gives up all frames, those to come included: the gateway has counted them as lost. */
  abandon(): void {
    this.#abandoned = true;
    this.#pictures.clear();
    this.#underWay.clear();
    this.#arrivals.abandon();
  }

  close(): void {
    this.#arrivals.close();
  }
}
