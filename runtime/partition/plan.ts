/**
 * What a fused-tile partitioning says: for every tile and fused layer, the region it reads and writes.
 * Data only; `ftp.ts` makes it.
 */
import type { Border, Grid, Region } from './region.ts';

export interface TileLayer {
  /** Layer index in the network. */
  readonly layer: number;
  /** The part of the layer's input map that the tile needs, clipped to the map. */
  readonly input: Region;
  /** How far the layer's window reaches outside the map at this tile. */
  readonly border: Border;
  /** The part of the layer's output map that the tile computes: exactly the next layer's `input`. */
  readonly output: Region;
}

export interface TilePlan {
  /** Row-major: row * columns + column. */
  readonly index: number;
  readonly row: number;
  readonly column: number;
  /** The part of the frame that the tile needs: `layers[0].input`. */
  readonly input: Region;
  /** The part of the last fused layer's output map that the tile contributes. */
  readonly output: Region;
  /** One entry a fused layer, first layer first. */
  readonly layers: readonly TileLayer[];
}

export interface FusedPlan {
  readonly grid: Grid;
  /** The number L of fused layers: layers 0 to L - 1. */
  readonly fusedLayers: number;
  readonly tiles: readonly TilePlan[];
}
