/** Which tiles of a grid touch which: along a side, or at a corner only. */
import type { Grid } from './region.ts';

/** The four sides of a tile. */
export interface Sides {
  readonly left: boolean;
  readonly right: boolean;
  readonly top: boolean;
  readonly bottom: boolean;
}

export type Side = keyof Sides;

/** The up to eight tiles around one, by their indices. */
export function neighboursOf({ rows, columns }: Grid, tile: number): number[] {
  const [row, column] = [Math.floor(tile / columns), tile % columns];
  const found: number[] = [];
  for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++) {
    for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++) {
      if (y !== row || x !== column) found.push(y * columns + x);
    }
  }
  return found;
}

/** The up to four tiles that share a side with one. */
export function tilesBeside(
  { rows, columns }: Grid,
  tile: number,
): Readonly<Record<Side, number | undefined>> {
  const [row, column] = [Math.floor(tile / columns), tile % columns];
  return {
    left: column > 0 ? tile - 1 : undefined,
    right: column < columns - 1 ? tile + 1 : undefined,
    top: row > 0 ? tile - columns : undefined,
    bottom: row < rows - 1 ? tile + columns : undefined,
  };
}

/** The sides behind which lies a tile that satisfies `wanted`. */
export function sidesTowards(
  grid: Grid,
  tile: number,
  wanted: (neighbour: number) => boolean,
): Sides {
  const { left, right, top, bottom } = tilesBeside(grid, tile);
  const isWanted = (neighbour: number | undefined) => neighbour !== undefined && wanted(neighbour);
  return {
    left: isWanted(left),
    right: isWanted(right),
    top: isWanted(top),
    bottom: isWanted(bottom),
  };
}
