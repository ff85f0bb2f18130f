/**
 * A source's side of an edge: takes frames, cuts them into tiles, computes some of them itself and
 * lends others to thieves. What may be lent and what went out again is the queue's to say.
 */
import { letterboxFor } from '../../frames/letterbox.ts';
import { FLOATS, PIXELS, tileInput } from '../../frames/tile-input.ts';
import type { MessageOf } from '../../net/messages.ts';
import { regionHeight, regionWidth } from '../../partition/region.ts';
import type { PlannedTile } from '../../schedule/halo-ledger.ts';
import { emptyTiles, OwnTiles, type Spent, type TileTask } from '../../schedule/own-tiles.ts';
import type { TileId } from '../../schedule/source-queue.ts';
import type { FrameTransfer } from '../../schedule/transfer.ts';
import type { EdgeConfig } from '../config.ts';
import { computeInput, frameRegion, type Job, type StealingPlan } from '../job.ts';
import { timed } from '../role.ts';
import type { Statistics } from '../statistics.ts';
import { TakenFrames, type TakenPicture } from '../taken-frames.ts';
import { encodeHalos, encodeSides, MAX_HALOS } from './halo-wire.ts';

/** A tile on its way to a thief. */
export interface Loan {
  readonly message: MessageOf<'task'>;
  readonly payload: Uint8Array | undefined;
}

export class FrameSupply {
  readonly #config: EdgeConfig;
  readonly #work: StealingPlan;
  readonly #statistics: Statistics;
  readonly #tiles: OwnTiles;
  readonly #frames: TakenFrames;

  /** @param onArrival called when a frame has arrived that may be taken */
  constructor(
    config: EdgeConfig,
    work: StealingPlan,
    statistics: Statistics,
    onArrival: () => void,
  ) {
    this.#config = config;
    this.#work = work;
    this.#statistics = statistics;
    const { strategy } = config.work;
    const { layers, plan, leaves } = work;
    const empty = emptyTiles(layers, plan, { strategy, mostHalos: MAX_HALOS, leaves });
    this.#tiles = new OwnTiles(config.name, empty);
    this.#frames = new TakenFrames(config, statistics, onArrival);
  }

  /** Frames arrive from now on. */
  start(): void {
    this.#frames.start();
  }

  /** Tiles that anybody may have. */
  get waiting(): number {
    return this.#tiles.waiting;
  }

  /** A source that may take another frame at once has no need to steal. */
  get framesToCome(): number {
    return this.#frames.toCome;
  }

  /** Takes the next frame; undefined where there is none, or it is not yet time for it. */
  async takeFrame(): Promise<TakenPicture | undefined> {
    if (this.waiting > 0) return undefined;
    const taken = await this.#frames.take();
    if (taken !== undefined) this.#tiles.takeFrame(taken.frame);
    return taken;
  }

  /** The next tile for this edge itself. */
  nextJob(): Job | undefined {
    const task = this.#tiles.next();
    return task && this.#job(task);
  }

  /** A tile of this edge's own, without the halos of another; undefined where its frame is over. */
  planAgain(id: TileId, gone: number): Job | undefined {
    this.#forgetHalos(id, gone);
    const task = this.#tiles.planAgain(id);
    return task && this.#job(task);
  }

  /** The next tile for a thief; undefined where nothing is left. */
  lend(thief: string): Loan | undefined {
    const task = this.#tiles.lend(thief);
    return task && this.#loan(task);
  }

  /** A tile that a thief holds, without the halos of another; undefined where it does not hold it. */
  lendAgain(thief: string, id: TileId, gone: number): Loan | undefined {
    this.#forgetHalos(id, gone);
    const task = this.#tiles.lendAgain(thief, id);
    return task && this.#loan(task);
  }

  #forgetHalos({ frame }: TileId, gone: number): void {
    this.#tiles.forgetHalos({ frame, tile: gone });
  }

  #job({ source, id, planned }: TileTask): Job {
    // What stays here needs no detour by the wire's encoding.
    const cut = this.#cut(id, planned, 'pixels');
    const input = cut && computeInput(cut.tile, cut.letterbox, cut.region);
    return { source, id, planned, input };
  }

  #loan({ id, planned }: TileTask): Loan {
    const cut = this.#cut(id, planned, this.#config.work.transfer.frames);
    const pixels = cut?.tile.encoding === 'pixels' ? cut.tile : undefined;
    const crop = pixels?.crop;
    const data = cut?.tile.encoding === 'floats' ? cut.tile.data : pixels?.picture?.pixels;
    const { halos } = planned.plan;
    const givers = [...new Set(halos.map(({ tile }) => tile))];
    return {
      message: {
        kind: 'task',
        ...id,
        encoding: pixels === undefined ? FLOATS : PIXELS,
        pictureWidth: cut?.letterbox.pictureWidth ?? 0,
        pictureHeight: cut?.letterbox.pictureHeight ?? 0,
        cropX: crop?.x1 ?? 0,
        cropY: crop?.y1 ?? 0,
        cropWidth: crop === undefined ? 0 : regionWidth(crop),
        cropHeight: crop === undefined ? 0 : regionHeight(crop),
        sides: encodeSides(planned.sides),
        halos: encodeHalos(halos),
        holders: givers.map((giver) => planned.holders.get(giver)!),
      },
      payload: data && new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    };
  }

  /** Takes note of a result, whoever computed it. Returns whose halos nobody needs any more. */
  complete(id: TileId): Spent {
    const spent = this.#tiles.complete(id);
    if (spent.frameHolders !== undefined) this.#frames.release(id.frame);
    return spent;
  }

  /** The frame's detections exist: another may be taken. */
  answered(frame: number): void {
    this.#frames.answered(frame);
  }

  /** Gives up all frames, those to come included: the gateway has counted them as lost. */
  abandon(): void {
    this.#tiles.reset();
    this.#frames.abandon();
  }

  close(): void {
    this.#frames.close();
  }

  /** Takes back what a lost edge held; returns the tiles that go out again. */
  loseEdge(edge: string): readonly TileId[] {
    const lost = this.#tiles.loseEdge(edge);
    this.#statistics.tilesReissued += lost.length;
    return lost;
  }

  /** Cuts a tile's part out of its frame; undefined where it needs none. */
  #cut(id: TileId, planned: PlannedTile, frames: FrameTransfer) {
    const region = frameRegion(this.#work, id.tile, planned.plan);
    if (region === undefined) return undefined;
    const picture = this.#frames.picture(id.frame)!;
    const { width, height } = this.#work.network.input;
    const letterbox = letterboxFor(picture, width, height);
    const { result, startMs, endMs } = timed(() => tileInput(picture, letterbox, region, frames));
    this.#statistics.span({ kind: 'cut', startMs, endMs, source: this.#config.name, ...id });
    return { tile: result, letterbox, region };
  }
}
