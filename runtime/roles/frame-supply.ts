/**
 * A source's side of an edge: takes frames, cuts them into tiles, computes some of them itself and
 * lends others to thieves. What may be lent and what went out again is the queue's to say.
 */
import { type Letterbox, letterboxFor } from '../frames/letterbox.ts';
import { FLOATS, PIXELS, type TileInput, tileInput } from '../frames/tile-input.ts';
import type { Network } from '../model/network.ts';
import type { MessageOf } from '../net/messages.ts';
import type { FusedPlan } from '../partition/plan.ts';
import { regionHeight, regionWidth } from '../partition/region.ts';
import { tileOrder } from '../schedule/reuse-order.ts';
import { SourceQueue, type TileId } from '../schedule/source-queue.ts';
import type { EdgeConfig } from './config.ts';
import { computeInput, type Job } from './job.ts';
import { timed } from './role.ts';
import type { Statistics } from './statistics.ts';
import { TakenFrames, type TakenPicture } from './taken-frames.ts';

/** A tile on its way to a thief. */
export interface Loan {
  readonly message: MessageOf<'task'>;
  readonly payload: Uint8Array | undefined;
}

export class FrameSupply {
  readonly #config: EdgeConfig;
  readonly #network: Network;
  readonly #plan: FusedPlan;
  readonly #statistics: Statistics;
  #queue: SourceQueue;
  readonly #frames: TakenFrames;

  /** @param onArrival called when a frame has arrived that may be taken */
  constructor(
    config: EdgeConfig,
    network: Network,
    plan: FusedPlan,
    statistics: Statistics,
    onArrival: () => void,
  ) {
    this.#config = config;
    this.#network = network;
    this.#plan = plan;
    this.#statistics = statistics;
    this.#queue = this.#emptyQueue();
    this.#frames = new TakenFrames(config, statistics, onArrival);
  }

  /** Frames arrive from now on. */
  start(): void {
    this.#frames.start();
  }

  /** Tiles that anybody may have. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** A source that may take another frame at once has no need to steal. */
  get framesToCome(): number {
    return this.#frames.toCome;
  }

  /** Takes the next frame; undefined where there is none, or it is not yet time for it. */
  async takeFrame(): Promise<TakenPicture | undefined> {
    if (this.waiting > 0) return undefined;
    const taken = await this.#frames.take();
    if (taken !== undefined) this.#queue.takeFrame(taken.frame);
    return taken;
  }

  /** The next tile for this edge itself. */
  nextJob(): Job | undefined {
    const id = this.#queue.nextLocal();
    if (id === undefined) return undefined;
    const { tile, letterbox } = this.#cut(id);
    const plan = this.#plan.tiles[id.tile]!;
    const input = computeInput(tile, letterbox, plan.input);
    return { source: this.#config.name, id, plan, input };
  }

  /** The next tile for a thief; undefined where nothing is left. */
  lend(thief: string): Loan | undefined {
    const id = this.#queue.lend(thief);
    if (id === undefined) return undefined;
    const { tile, letterbox } = this.#cut(id);
    const pixels = tile.encoding === 'pixels';
    const crop = pixels ? tile.crop : undefined;
    const data = pixels ? tile.picture?.pixels : tile.data;
    return {
      message: {
        kind: 'task',
        ...id,
        encoding: pixels ? PIXELS : FLOATS,
        pictureWidth: letterbox.pictureWidth,
        pictureHeight: letterbox.pictureHeight,
        cropX: crop?.x1 ?? 0,
        cropY: crop?.y1 ?? 0,
        cropWidth: crop === undefined ? 0 : regionWidth(crop),
        cropHeight: crop === undefined ? 0 : regionHeight(crop),
      },
      payload: data && new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    };
  }

  /** Takes note of a result, whoever computed it. */
  complete(id: TileId): void {
    this.#queue.complete(id);
    if (!this.#queue.isUnderWay(id.frame)) this.#frames.release(id.frame);
  }

  /** The frame's detections exist: another may be taken. */
  answered(frame: number): void {
    this.#frames.answered(frame);
  }

  /** Gives up all frames, those to come included: the gateway has counted them as lost. */
  abandon(): void {
    this.#queue = this.#emptyQueue();
    this.#frames.abandon();
  }

  close(): void {
    this.#frames.close();
  }

  /** Takes back what a lost edge held; returns the tiles that go out again. */
  loseEdge(edge: string): readonly TileId[] {
    const lost = this.#queue.loseEdge(edge);
    this.#statistics.tilesReissued += lost.length;
    return lost;
  }

  #emptyQueue(): SourceQueue {
    return new SourceQueue(tileOrder(this.#plan.grid, this.#config.work.strategy));
  }

  /** Cuts a tile's part out of its frame. */
  #cut(id: TileId): { tile: TileInput; letterbox: Letterbox } {
    const picture = this.#frames.picture(id.frame)!;
    const { width, height } = this.#network.input;
    const region = this.#plan.tiles[id.tile]!.input;
    const letterbox = letterboxFor(picture, width, height);
    const { result, startMs, endMs } = timed(() => tileInput(picture, letterbox, region));
    this.#statistics.span({ kind: 'cut', startMs, endMs, source: this.#config.name, ...id });
    return { tile: result, letterbox };
  }
}
