/**
 * A source's tiles and the halos that go with them: each tile that is given out, to the source itself or
 * to a thief, is planned with the halos that there are at that moment.
 */
import type { WindowLayer } from '../partition/ftp.ts';
import type { LeavingRule } from '../partition/leaving.ts';
import type { FusedPlan } from '../partition/plan.ts';
import { HaloLedger, type PlannedTile } from './halo-ledger.ts';
import { tileOrder } from './reuse-order.ts';
import { SourceQueue, type TileId } from './source-queue.ts';
import type { Strategy } from './strategies.ts';

/** A tile of some source's frame, as an edge has to compute it. */
export interface TileTask {
  readonly source: string;
  readonly id: TileId;
  readonly planned: PlannedTile;
}

/** Where a source begins, and begins again after it was given up. */
export interface EmptyTiles {
  emptyQueue(): SourceQueue;
  emptyLedger(): HaloLedger;
}

export interface TileOptions {
  readonly strategy: Pick<Strategy, 'reuse' | 'order'>;
  /** A tile that would need more halos than this does without them. */
  readonly mostHalos: number;
  /** What tiles leave for their neighbours. */
  readonly leaves: LeavingRule;
}

/** @param layers the fused ones, from the network's first */
export function emptyTiles(
  layers: readonly WindowLayer[],
  plan: FusedPlan,
  { strategy, mostHalos, leaves }: TileOptions,
): EmptyTiles {
  const order = tileOrder(plan.grid, strategy);
  const { reuse } = strategy;
  return {
    emptyQueue: () => new SourceQueue(order),
    emptyLedger: () => new HaloLedger(layers, plan, { reuse, mostHalos, leaves }),
  };
}

/** Halos that are wanted no more. */
export interface Spent {
  /** Of these tiles of the frame. */
  readonly tiles: readonly number[];
  /** Where the frame is over: edges that may hold some of it. */
  readonly frameHolders: readonly string[] | undefined;
}

export class OwnTiles {
  readonly #source: string;
  readonly #empty: EmptyTiles;
  #queue: SourceQueue;
  #ledger: HaloLedger;

  constructor(source: string, empty: EmptyTiles) {
    this.#source = source;
    this.#empty = empty;
    this.#queue = empty.emptyQueue();
    this.#ledger = empty.emptyLedger();
  }

  /** Tiles that anybody may have. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  takeFrame(frame: number): void {
    this.#queue.takeFrame(frame);
  }

  /** The next tile for the source itself. */
  next(): TileTask | undefined {
    const id = this.#queue.nextLocal();
    return id && this.planAgain(id);
  }

  /** A tile for the source itself, with the halos that there are now; undefined where its frame is over. */
  planAgain(id: TileId): TileTask | undefined {
    return this.#queue.isUnderWay(id.frame) ? this.#planFor(this.#source, id) : undefined;
  }

  /** The next tile for a thief; undefined where nothing is left. */
  lend(thief: string): TileTask | undefined {
    const id = this.#queue.lend(thief);
    return id && this.#planFor(thief, id);
  }

  /** A tile that a thief holds, planned anew; undefined where it does not hold it. */
  lendAgain(thief: string, id: TileId): TileTask | undefined {
    return this.#queue.isLeasedTo(thief, id) ? this.#planFor(thief, id) : undefined;
  }

  /** A tile's halos are not where they should be. */
  forgetHalos(id: TileId): void {
    this.#ledger.forget(id);
  }

  /** Takes note of a result, whoever computed it. Returns whose halos nobody needs any more. */
  complete(id: TileId): Spent {
    if (this.#queue.complete(id) !== 'first') return { tiles: [], frameHolders: undefined };
    const tiles = this.#ledger.finish(id);
    if (this.#queue.isUnderWay(id.frame)) return { tiles, frameHolders: undefined };
    return { tiles, frameHolders: this.#ledger.endFrame(id.frame) };
  }

  /** Takes back what a lost edge held; returns the tiles that go out again. */
  loseEdge(edge: string): readonly TileId[] {
    this.#ledger.loseEdge(edge);
    return this.#queue.loseEdge(edge);
  }

  /** Gives up all frames. */
  reset(): void {
    this.#queue = this.#empty.emptyQueue();
    this.#ledger = this.#empty.emptyLedger();
  }

  #planFor(edge: string, id: TileId): TileTask {
    return { source: this.#source, id, planned: this.#ledger.plan(id, edge) };
  }
}
