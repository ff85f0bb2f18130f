/**
 * In which order a frame's tiles are taken where halos are reused, as ranks: the tiles of a rank have
 * little to give to each other, and all to those of later ranks. Within a rank tiles go row by row.
 */
import type { Grid } from '../partition/region.ts';
import type { TileOrder } from './source-queue.ts';
import type { Order, Strategy } from './strategies.ts';

/** Without reuse all tiles are alike. */
export function tileOrder(
  grid: Grid,
  { reuse, order }: Pick<Strategy, 'reuse' | 'order'>,
): TileOrder {
  const ranks = tileRanks(order, grid);
  return { grid, ranks: reuse ? ranks : ranks.map(() => 0) };
}

/**
 * The rank of every tile, row-major.
 *
 * `checkerboard` is the order of DeepThings' code: tiles whose row and column add up to an even number,
 * then the others, each of which has finished tiles on all its sides. `least-overlap` is that of its
 * paper (figure 9, A C G I E B D F H): tiles of even rows and columns, which do not touch; then those
 * that overlap with them least, at corners only; then those that share a side.
 */
export function tileRanks(order: Order, { rows, columns }: Grid): readonly number[] {
  const ranks: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [oddRow, oddColumn] = [row % 2, column % 2];
      const oddSum = (row + column) % 2;
      ranks.push(order === 'checkerboard' ? oddSum : 2 * oddSum + (oddRow & oddColumn));
    }
  }
  return ranks;
}
