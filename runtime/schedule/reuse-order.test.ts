import fc from 'fast-check';
import { expect, test } from 'vitest';
import { neighboursOf } from '../partition/neighbours.ts';
import { tileOrder, tileRanks } from './reuse-order.ts';
import { ORDERS, type Order } from './strategies.ts';

const GRID = { rows: 3, columns: 3 };

function letters(order: Order): string {
  const ranks = tileRanks(order, GRID);
  return [...'ABCDEFGHI']
    .map((letter, tile) => ({ letter, tile }))
    .sort((a, b) => ranks[a.tile]! - ranks[b.tile]! || a.tile - b.tile)
    .map(({ letter }) => letter)
    .join(' ');
}

test("3 x 3 as the paper's figure 9 has it, and as the C code does it", () => {
  expect(letters('least-overlap')).toBe('A C G I E B D F H');
  expect(letters('checkerboard')).toBe('A C E G I B D F H');
});

test('both orders leave the same tiles to the last rank, with all their sides finished', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (rows, columns) => {
      const grid = { rows, columns };
      const last = ORDERS.map((order) => {
        const ranks = tileRanks(order, grid);
        const tiles = ranks.flatMap((rank, tile) =>
          rank === (order === 'checkerboard' ? 1 : 2) ? [tile] : [],
        );
        for (const tile of tiles) {
          const sides = neighboursOf(grid, tile).filter(
            (other) =>
              Math.abs(other - tile) === columns ||
              Math.floor(other / columns) === Math.floor(tile / columns),
          );
          for (const side of sides) expect(ranks[side]).toBeLessThan(ranks[tile]!);
        }
        return tiles;
      });
      expect(last[0]).toEqual(last[1]);
    }),
  );
});

test('without reuse no tile comes before another', () => {
  const order = tileOrder(GRID, { reuse: false, order: 'checkerboard' });
  expect(new Set(order.ranks)).toEqual(new Set([0]));
});
