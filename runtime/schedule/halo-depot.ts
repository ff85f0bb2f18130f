/**
 * The halos of all tiles of a run, where edges send them to the gateway and fetch them from there. An
 * edge may ask before they have come: a source's own tile is known to be done before what it has left has
 * travelled. It then waits, until they come or their frame is over.
 */
import type { Patch } from '../partition/map.ts';
import type { Halo } from '../partition/reuse.ts';
import type { FrameId } from './collector.ts';
import { HaloStore, type TileKey } from './halo-store.ts';

type Parts = readonly Omit<Halo, 'tile'>[];

/** Parts of what one tile has left. */
export interface HaloWish<Wanted extends Parts = Parts> {
  readonly edge: string;
  readonly request: number;
  readonly key: TileKey;
  readonly parts: Wanted;
}

/** Without patches: they are not here, and will not come. */
export interface HaloAnswer<Wanted extends Parts = Parts> {
  readonly wish: HaloWish<Wanted>;
  /** Where each of the parts lies, until the depot changes. */
  readonly patches: readonly Patch[] | undefined;
}

export class HaloDepot<Wanted extends Parts = Parts> {
  readonly #store: HaloStore;
  /** In the order in which they came. */
  #waiting: HaloWish<Wanted>[] = [];

  /** @param free hears of values that are dropped: nobody reads them any more */
  constructor(limitBytes: number, free?: (values: readonly Float32Array[]) => void) {
    this.#store = new HaloStore(limitBytes, free);
  }

  /** Takes what a tile has left. Returns the answers to those who waited for it. */
  put(
    key: TileKey,
    halos: readonly Halo[],
    values: readonly Float32Array[],
  ): readonly HaloAnswer<Wanted>[] {
    this.#store.put(key, halos, values);
    return this.#take((wish) => isSameTile(wish.key, key)).map((wish) => this.#answer(wish));
  }

  /** @returns undefined where it has to wait */
  ask(wish: HaloWish<Wanted>): HaloAnswer<Wanted> | undefined {
    if (this.#store.has(wish.key)) return this.#answer(wish);
    this.#waiting.push(wish);
    return undefined;
  }

  /** How many answers an edge waits for. */
  waitingOf(edge: string): number {
    return this.#waiting.filter((wish) => wish.edge === edge).length;
  }

  get bytes(): number {
    return this.#store.bytes;
  }

  /** A frame is finished or lost. Returns the answers to those who waited for halos of it. */
  endFrame({ source, frame }: FrameId): readonly HaloAnswer<Wanted>[] {
    this.#store.dropFrames(source, frame);
    const vain = this.#take(({ key }) => key.source === source && key.frame === frame);
    return vain.map((wish) => ({ wish, patches: undefined }));
  }

  /** An edge is gone, and waits for nothing any more. What it has left is here. */
  loseEdge(edge: string): void {
    this.#take((wish) => wish.edge === edge);
  }

  #answer(wish: HaloWish<Wanted>): HaloAnswer<Wanted> {
    return { wish, patches: this.#store.find(wish.key, wish.parts) };
  }

  #take(isMeant: (wish: HaloWish<Wanted>) => boolean): readonly HaloWish<Wanted>[] {
    const taken = this.#waiting.filter(isMeant);
    this.#waiting = this.#waiting.filter((wish) => !isMeant(wish));
    return taken;
  }
}

function isSameTile(one: TileKey, other: TileKey): boolean {
  return one.source === other.source && one.frame === other.frame && one.tile === other.tile;
}
