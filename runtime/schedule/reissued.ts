/** Tiles that went out again because their holder was lost, until each has been computed after all. */
import type { TileId } from './source-queue.ts';

interface Batch {
  readonly holder: string;
  readonly tiles: number;
  readonly missing: Set<string>;
}

/** A lost holder's tiles, all of which have been computed again. */
export interface MadeGood {
  readonly holder: string;
  readonly tiles: number;
}

export class Reissued {
  #batches: Batch[] = [];

  /** A tile may be lost more than once: it is then missing to each of its holders. */
  add(holder: string, ids: readonly TileId[]): void {
    if (ids.length === 0) return;
    this.#batches.push({ holder, tiles: ids.length, missing: new Set(ids.map(key)) });
  }

  /** Returns the batches that this tile completes. */
  complete(id: TileId): readonly MadeGood[] {
    if (this.#batches.length === 0) return [];
    for (const { missing } of this.#batches) missing.delete(key(id));
    const good = this.#batches.filter(({ missing }) => missing.size === 0);
    if (good.length > 0) this.#batches = this.#batches.filter(({ missing }) => missing.size > 0);
    return good.map(({ holder, tiles }) => ({ holder, tiles }));
  }

  /** The frames that they belong to are given up. */
  clear(): void {
    this.#batches = [];
  }
}

function key({ frame, tile }: TileId): string {
  return `${frame}/${tile}`;
}
