import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Reissued } from './reissued.ts';
import type { TileId } from './source-queue.ts';

test('a holder is made good with the last of its tiles', () => {
  const reissued = new Reissued();
  reissued.add('edge1', [
    { frame: 0, tile: 1 },
    { frame: 1, tile: 1 },
  ]);
  expect(reissued.complete({ frame: 0, tile: 2 })).toEqual([]);
  expect(reissued.complete({ frame: 1, tile: 1 })).toEqual([]);
  expect(reissued.complete({ frame: 0, tile: 1 })).toEqual([{ holder: 'edge1', tiles: 2 }]);
  expect(reissued.complete({ frame: 0, tile: 1 })).toEqual([]);
});

test('a tile that was lost twice is made good for both', () => {
  const reissued = new Reissued();
  reissued.add('edge1', [{ frame: 0, tile: 0 }]);
  reissued.add('edge2', [{ frame: 0, tile: 0 }]);
  expect(reissued.complete({ frame: 0, tile: 0 })).toEqual([
    { holder: 'edge1', tiles: 1 },
    { holder: 'edge2', tiles: 1 },
  ]);
});

test('who held nothing waits for nothing, and what is given up neither', () => {
  const reissued = new Reissued();
  reissued.add('edge1', []);
  reissued.add('edge2', [{ frame: 0, tile: 0 }]);
  reissued.clear();
  expect(reissued.complete({ frame: 0, tile: 0 })).toEqual([]);
});

test('whatever is lost and in whatever order it comes back, each loss is made good once', () => {
  const id = fc.record({ frame: fc.nat(3), tile: fc.nat(3) });
  const ids = fc.uniqueArray(id, { selector: ({ frame, tile }) => 4 * frame + tile, minLength: 1 });
  const losses = fc.array(fc.record({ holder: fc.constantFrom('a', 'b'), ids }), { maxLength: 5 });
  fc.assert(
    fc.property(losses, fc.infiniteStream(fc.nat()), (lost, random) => {
      const reissued = new Reissued();
      for (const { holder, ids } of lost) reissued.add(holder, ids);
      const left: TileId[] = [0, 1, 2, 3].flatMap((frame) =>
        [0, 1, 2, 3].map((tile) => ({ frame, tile })),
      );
      const good: { holder: string; tiles: number }[] = [];
      while (left.length > 0) {
        const [next] = left.splice(random.next().value % left.length, 1);
        good.push(...reissued.complete(next!));
      }
      const expected = lost.map(({ holder, ids }) => ({ holder, tiles: ids.length }));
      const order = (a: object, b: object) => JSON.stringify(a).localeCompare(JSON.stringify(b));
      expect(good.toSorted(order)).toEqual(expected.toSorted(order));
    }),
  );
});
