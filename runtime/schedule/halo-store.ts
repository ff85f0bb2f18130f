/**
 * The halos that an edge's tiles have left, for neighbours of those tiles: bounded in bytes, the oldest
 * dropped first. Whoever asks for what is gone is told so, and computes it.
 */
import type { Patch } from '../partition/map.ts';
import { contains } from '../partition/region.ts';
import type { Halo } from '../partition/reuse.ts';

/** A tile of any source. */
export interface TileKey {
  readonly source: string;
  readonly frame: number;
  readonly tile: number;
}

interface Kept {
  readonly key: TileKey;
  readonly patches: readonly (Patch & { readonly layer: number })[];
  readonly bytes: number;
}

export class HaloStore {
  readonly #limitBytes: number;
  readonly #free: (values: readonly Float32Array[]) => void;
  /** In the order in which they came. */
  readonly #tiles = new Map<string, Kept>();
  #bytes = 0;

  /** @param free hears of values that are dropped: nobody reads them any more */
  constructor(limitBytes: number, free: (values: readonly Float32Array[]) => void = () => {}) {
    this.#limitBytes = limitBytes;
    this.#free = free;
  }

  /** @param values of each halo, in their order; the store's from now on */
  put(key: TileKey, halos: readonly Halo[], values: readonly Float32Array[]): void {
    this.drop(key);
    const patches = halos.map(({ layer, region }, index) => ({
      layer,
      region,
      data: values[index]!,
    }));
    const bytes = values.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#tiles.set(name(key), { key, patches, bytes });
    this.#bytes += bytes;
    for (const { key: oldest } of this.#tiles.values()) {
      if (this.#bytes <= this.#limitBytes) break;
      this.drop(oldest);
    }
  }

  /** Whether this tile has left something, and it was not dropped. */
  has(key: TileKey): boolean {
    return this.#tiles.has(name(key));
  }

  /** Where each of the regions lies, until the store changes; undefined unless all of them are here. */
  find(key: TileKey, wanted: readonly Omit<Halo, 'tile'>[]): readonly Patch[] | undefined {
    const patches = this.#tiles.get(name(key))?.patches ?? [];
    const found: Patch[] = [];
    for (const { layer, region } of wanted) {
      const patch = patches.find((one) => one.layer === layer && contains(one.region, region));
      if (patch === undefined) return undefined;
      found.push(patch);
    }
    return found;
  }

  drop(key: TileKey): void {
    const kept = this.#tiles.get(name(key));
    if (kept === undefined) return;
    this.#bytes -= kept.bytes;
    this.#tiles.delete(name(key));
    this.#free(kept.patches.map(({ data }) => data));
  }

  /** Drops all of a source, or of one frame of it. */
  dropFrames(source: string, frame?: number): void {
    for (const { key } of this.#tiles.values()) {
      if (key.source === source && (frame === undefined || key.frame === frame)) this.drop(key);
    }
  }

  clear(): void {
    for (const { key } of this.#tiles.values()) this.drop(key);
  }

  get bytes(): number {
    return this.#bytes;
  }
}

function name({ source, frame, tile }: TileKey): string {
  return `${source}/${frame}/${tile}`;
}
