/**
 * A source edge's own tiles, from the frame that was cut to the last result.
 *
 *            takeFrame            nextLocal            complete
 *   (none) ───────────▶ waiting ───────────▶ computing ─────────▶ done
 *                        │   ▲                                     ▲
 *                   lend │   │ loseEdge                            │
 *                        ▼   │                complete             │
 *                       leased ────────────────────────────────────┘
 *
 * Oldest frames come first, and of a frame the tiles of the lowest rank; what was lost goes back to its
 * place. The source takes from the head. A thief gets a tile of the same frame and rank, beside tiles
 * that it had before, else from the far end: so each has a part of the frame for itself, and they meet
 * only when little is left. A lease has no clock of its own: it ends with a result, or when its holder
 * is lost.
 */
import { neighboursOf } from '../partition/neighbours.ts';
import type { Grid } from '../partition/region.ts';

export interface TileId {
  readonly frame: number;
  readonly tile: number;
}

/** What a queue knows of the tiles of every frame. */
export interface TileOrder {
  readonly grid: Grid;
  /** By tile: all of a lower rank are taken first. */
  readonly ranks: readonly number[];
}

type TileState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'computing' }
  | { readonly kind: 'leased'; readonly holder: string }
  /** By whom, where that was a thief that still holds it. */
  | { readonly kind: 'done'; readonly holder?: string };

interface FrameState {
  readonly tiles: TileState[];
  remaining: number;
}

export type Completion = 'first' | 'duplicate' | 'unknown';

export class SourceQueue {
  readonly #order: TileOrder;
  readonly #frames = new Map<number, FrameState>();
  /** Tiles in state `waiting`, in the order in which the source takes them. */
  #waiting: TileId[] = [];

  constructor(order: TileOrder) {
    this.#order = order;
  }

  takeFrame(frame: number): void {
    if (this.#frames.has(frame)) throw new Error(`frame ${frame} was taken before`);
    const tiles = this.#order.ranks.map((): TileState => ({ kind: 'waiting' }));
    this.#frames.set(frame, { tiles, remaining: tiles.length });
    this.#wait(tiles.map((_, tile) => ({ frame, tile })));
  }

  /** The next tile for the source itself. */
  nextLocal(): TileId | undefined {
    const id = this.#waiting.shift();
    if (id !== undefined) this.#set(id, { kind: 'computing' });
    return id;
  }

  /** The next tile for a thief, leased to it. */
  lend(holder: string): TileId | undefined {
    const id = this.#bestFor(holder);
    if (id === undefined) return undefined;
    this.#leave(id);
    this.#set(id, { kind: 'leased', holder });
    return id;
  }

  /** Whether an edge holds the tile, so that it may ask for it anew. */
  isLeasedTo(holder: string, { frame, tile }: TileId): boolean {
    const state = this.#frames.get(frame)?.tiles[tile];
    return state?.kind === 'leased' && state.holder === holder;
  }

  /** Takes note of a result, whoever computed it. A late double changes nothing. */
  complete(id: TileId): Completion {
    const state = this.#frames.get(id.frame);
    const before = state?.tiles[id.tile];
    if (state === undefined || before === undefined) return 'unknown';
    if (before.kind === 'done') return 'duplicate';
    if (before.kind === 'waiting') this.#leave(id);
    state.tiles[id.tile] =
      before.kind === 'leased' ? { kind: 'done', holder: before.holder } : { kind: 'done' };
    state.remaining--;
    if (state.remaining === 0) this.#frames.delete(id.frame);
    return 'first';
  }

  /** Takes back what a lost edge held. */
  loseEdge(holder: string): readonly TileId[] {
    const lost: TileId[] = [];
    for (const [frame, { tiles }] of this.#frames) {
      for (const [tile, state] of tiles.entries()) {
        if (state.kind === 'leased' && state.holder === holder) lost.push({ frame, tile });
      }
    }
    for (const id of lost) this.#set(id, { kind: 'waiting' });
    this.#wait(lost);
    return lost;
  }

  /** False when all of the frame's tiles are done, or it was never taken. */
  isUnderWay(frame: number): boolean {
    return this.#frames.has(frame);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get framesUnderWay(): number {
    return this.#frames.size;
  }

  /** Of the head's frame and rank, the tile with most neighbours in the thief's hands; the last of several. */
  #bestFor(holder: string): TileId | undefined {
    const [head] = this.#waiting;
    if (head === undefined) return undefined;
    const { tiles } = this.#frames.get(head.frame)!;
    const { grid, ranks } = this.#order;
    const isHeld = (tile: number) => {
      const state = tiles[tile]!;
      return (state.kind === 'leased' || state.kind === 'done') && state.holder === holder;
    };
    let best = head;
    let most = -1;
    for (const id of this.#waiting) {
      if (id.frame !== head.frame || ranks[id.tile] !== ranks[head.tile]) break;
      const held = neighboursOf(grid, id.tile).filter(isHeld).length;
      if (held < most) continue;
      best = id;
      most = held;
    }
    return best;
  }

  #wait(ids: readonly TileId[]): void {
    const { ranks } = this.#order;
    this.#waiting = [...this.#waiting, ...ids].sort(
      (a, b) => a.frame - b.frame || ranks[a.tile]! - ranks[b.tile]! || a.tile - b.tile,
    );
  }

  #leave({ frame, tile }: TileId): void {
    this.#waiting = this.#waiting.filter((id) => id.frame !== frame || id.tile !== tile);
  }

  #set({ frame, tile }: TileId, state: TileState): void {
    const tiles = this.#frames.get(frame)?.tiles;
    if (tiles === undefined) throw new Error(`frame ${frame} is not under way`);
    tiles[tile] = state;
  }
}
