import { expect, test } from 'vitest';
import { HaloDepot, type HaloWish } from './halo-depot.ts';

const tile = { source: 'edge0', frame: 0, tile: 3 };
const region = { x1: 0, y1: 0, x2: 1, y2: 0 };
const halo = { tile: 3, layer: 1, region };
const values = new Float32Array([1, 2]);

function wish(edge: string, parts = [{ layer: 1, region }]): HaloWish {
  return { edge, request: 7, key: tile, parts };
}

test('what is here is given at once', () => {
  const depot = new HaloDepot(100);
  expect(depot.put(tile, [halo], [values])).toEqual([]);
  expect(depot.ask(wish('edge1'))?.patches).toEqual([{ layer: 1, region, data: values }]);
});

test('who asks too early is answered when it comes, and once', () => {
  const depot = new HaloDepot(100);
  expect(depot.ask(wish('edge1'))).toBeUndefined();
  expect(depot.waitingOf('edge1')).toBe(1);
  const other = depot.put({ ...tile, tile: 4 }, [], []);
  expect(other).toEqual([]);
  const answers = depot.put(tile, [halo], [values]);
  expect(answers.map(({ wish: { edge }, patches }) => [edge, patches?.length])).toEqual([
    ['edge1', 1],
  ]);
  expect(depot.waitingOf('edge1')).toBe(0);
  expect(depot.put(tile, [halo], [values])).toEqual([]);
});

test('who asks for more than a tile has left is told so, early or late', () => {
  const depot = new HaloDepot(100);
  const more = [{ layer: 2, region }];
  depot.ask(wish('edge1', more));
  expect(depot.put(tile, [halo], [values])).toMatchObject([{ patches: undefined }]);
  expect(depot.ask(wish('edge1', more))).toMatchObject({ patches: undefined });
});

test('with a frame its halos go, and nobody waits for them any more', () => {
  const freed: (readonly Float32Array[])[] = [];
  const depot = new HaloDepot(100, (dropped) => freed.push(dropped));
  depot.put({ ...tile, tile: 5 }, [halo], [values]);
  depot.ask(wish('edge1'));
  depot.ask({ ...wish('edge2'), key: { ...tile, frame: 1 } });
  expect(depot.endFrame(tile).map(({ wish: { edge } }) => edge)).toEqual(['edge1']);
  expect(freed).toEqual([[values]]);
  expect(depot.waitingOf('edge2')).toBe(1);
});

test('an edge that is gone waits for nothing, and what it has left is still here', () => {
  const depot = new HaloDepot(100);
  depot.put(tile, [halo], [values]);
  depot.ask({ ...wish('edge1'), key: { ...tile, tile: 9 } });
  depot.loseEdge('edge1');
  expect(depot.waitingOf('edge1')).toBe(0);
  expect(depot.ask(wish('edge2'))?.patches).toHaveLength(1);
});
