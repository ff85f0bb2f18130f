/** A source's frames: read when it is time for them, kept while they are needed. */
import type { Picture } from '../frames/picture.ts';
import type { EdgeConfig } from './config.ts';
import type { EdgePort } from './edge-node.ts';
import { FrameIntake } from './frame-intake.ts';
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
  readonly #intake: FrameIntake;

  /** @param onArrival called when a frame has arrived that may be taken */
  constructor(config: EdgeConfig, statistics: Statistics, onArrival: () => void) {
    const { frames, rate, framesInFlight } = config;
    this.#config = config;
    this.#intake = new FrameIntake({ count: frames.length, rate, framesInFlight }, onArrival);
    statistics.queueReport = () => this.#intake.report();
  }

  /** Frames arrive from now on. */
  start(): void {
    this.#intake.start();
  }

  /** Frames that may be taken at once. */
  get toCome(): number {
    return this.#intake.toCome;
  }

  /** Takes the next frame; undefined where there is none, or it is not yet time for it. */
  async take(): Promise<TakenPicture | undefined> {
    const arrived = this.#intake.begin();
    if (arrived === undefined) return undefined;
    const { frame, arrivedAtMs } = arrived;
    // A frame that cannot be read ends the edge.
    const picture = await readFrame(this.#config.frames[frame]!);
    if (!this.#intake.taken(frame)) return undefined;
    this.#pictures.set(frame, picture);
    return { frame, arrivedAtMs, width: picture.width, height: picture.height };
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
    this.#intake.answered(frame);
  }

  /** Gives up all frames, those to come included: the gateway has counted them as lost. */
  abandon(): void {
    this.#pictures.clear();
    this.#intake.abandon();
  }

  close(): void {
    this.#intake.close();
  }
}

/**
 * Takes a frame and tells the gateway; a picture that cannot be read ends the edge. False where none was
 * taken.
 *
 * @param take undefined: there is none, or it is not yet time for it
 */
export async function tellTaken(
  port: EdgePort,
  take: () => Promise<TakenPicture | undefined>,
): Promise<boolean> {
  try {
    const taken = await take();
    if (taken === undefined) return false;
    const arrivedAtMs = taken.arrivedAtMs + port.clockOffsetMs;
    void port.send({ kind: 'frameTaken', ...taken, arrivedAtMs });
    return true;
  } catch (error) {
    port.fail(error as Error);
    return false;
  }
}
