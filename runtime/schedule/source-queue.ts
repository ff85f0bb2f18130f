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
 * The source takes from the head and thieves from the far end, so that they meet only when little is
 * left. A lease has no clock of its own: it ends with a result, or when its holder is lost.
 */

export interface TileId {
  readonly frame: number;
  readonly tile: number;
}

type TileState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'computing' }
  | { readonly kind: 'leased'; readonly holder: string }
  | { readonly kind: 'done' };

interface FrameState {
  readonly tiles: TileState[];
  remaining: number;
}

export type Completion = 'first' | 'duplicate' | 'unknown';

export class SourceQueue {
  readonly #frames = new Map<number, FrameState>();
  /** Tiles in state `waiting`, in the order in which the source takes them. */
  #waiting: TileId[] = [];

  takeFrame(frame: number, tiles: number): void {
    if (this.#frames.has(frame)) throw new Error(`frame ${frame} was taken before`);
    const states = Array.from({ length: tiles }, (): TileState => ({ kind: 'waiting' }));
    this.#frames.set(frame, { tiles: states, remaining: tiles });
    for (let tile = 0; tile < tiles; tile++) this.#waiting.push({ frame, tile });
  }

  /** The next tile for the source itself. */
  nextLocal(): TileId | undefined {
    const id = this.#waiting.shift();
    if (id !== undefined) this.#set(id, { kind: 'computing' });
    return id;
  }

  /** The next tile for a thief, leased to it. */
  lend(holder: string): TileId | undefined {
    const id = this.#waiting.pop();
    if (id !== undefined) this.#set(id, { kind: 'leased', holder });
    return id;
  }

  /** Takes note of a result, whoever computed it. A late double changes nothing. */
  complete({ frame, tile }: TileId): Completion {
    const state = this.#frames.get(frame);
    const before = state?.tiles[tile];
    if (state === undefined || before === undefined) return 'unknown';
    if (before.kind === 'done') return 'duplicate';
    if (before.kind === 'waiting') {
      this.#waiting = this.#waiting.filter((id) => id.frame !== frame || id.tile !== tile);
    }
    state.tiles[tile] = { kind: 'done' };
    state.remaining--;
    if (state.remaining === 0) this.#frames.delete(frame);
    return 'first';
  }

  /** Takes back what a lost edge held; oldest frames first, before all that waits. */
  loseEdge(holder: string): readonly TileId[] {
    const lost: TileId[] = [];
    for (const [frame, { tiles }] of this.#frames) {
      for (const [tile, state] of tiles.entries()) {
        if (state.kind === 'leased' && state.holder === holder) lost.push({ frame, tile });
      }
    }
    for (const id of lost) this.#set(id, { kind: 'waiting' });
    this.#waiting.unshift(...lost);
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

  #set({ frame, tile }: TileId, state: TileState): void {
    const tiles = this.#frames.get(frame)?.tiles;
    if (tiles === undefined) throw new Error(`frame ${frame} is not under way`);
    tiles[tile] = state;
  }
}
