import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tileRanks } from './reuse-order.ts';
import { SourceQueue, type TileId } from './source-queue.ts';
import { ORDERS } from './strategies.ts';

const tile = (frame: number, index: number): TileId => ({ frame, tile: index });

/** Tiles in a row, all of one rank. */
function emptyQueue(tiles: number): SourceQueue {
  return new SourceQueue({ grid: { rows: 1, columns: tiles }, ranks: Array(tiles).fill(0) });
}

function queueOf(tiles: number, frames = 1): SourceQueue {
  const queue = emptyQueue(tiles);
  for (let frame = 0; frame < frames; frame++) queue.takeFrame(frame);
  return queue;
}

function order(queue: SourceQueue): TileId[] {
  const ids: TileId[] = [];
  for (let id = queue.nextLocal(); id !== undefined; id = queue.nextLocal()) ids.push(id);
  return ids;
}

describe('who takes what', () => {
  test('the source takes from the head, thieves from the far end', () => {
    const queue = queueOf(4);
    expect(queue.nextLocal()).toEqual(tile(0, 0));
    expect(queue.lend('edge1')).toEqual(tile(0, 3));
    expect(queue.nextLocal()).toEqual(tile(0, 1));
    expect(queue.lend('edge2')).toEqual(tile(0, 2));
    expect(queue.nextLocal()).toBeUndefined();
    expect(queue.lend('edge1')).toBeUndefined();
  });

  test('an older frame comes first for all', () => {
    const queue = queueOf(2, 2);
    expect(queue.nextLocal()).toEqual(tile(0, 0));
    expect(queue.lend('edge1')).toEqual(tile(0, 1));
    expect(queue.lend('edge1')).toEqual(tile(1, 1));
  });

  test('tiles of a rank come before all of the next, for thieves too', () => {
    const queue = new SourceQueue({
      grid: { rows: 2, columns: 2 },
      ranks: tileRanks('checkerboard', { rows: 2, columns: 2 }),
    });
    queue.takeFrame(0);
    expect(queue.lend('edge1')).toEqual(tile(0, 3));
    expect(queue.lend('edge1')).toEqual(tile(0, 0));
    expect(queue.nextLocal()).toEqual(tile(0, 1));
  });

  test('a thief gets tiles beside those that it had', () => {
    const grid = { rows: 5, columns: 5 };
    const queue = new SourceQueue({ grid, ranks: tileRanks('checkerboard', grid) });
    queue.takeFrame(0);
    expect(queue.lend('edge1')).toEqual(tile(0, 24));
    expect(queue.lend('edge2')).toEqual(tile(0, 22));
    expect(queue.lend('edge1')).toEqual(tile(0, 18));
    expect(queue.lend('edge2')).toEqual(tile(0, 16));
    queue.complete(tile(0, 24));
    queue.complete(tile(0, 18));
    expect(queue.lend('edge1')).toEqual(tile(0, 14));
  });

  test('a queue without frames has nothing', () => {
    const queue = emptyQueue(4);
    expect(queue.nextLocal()).toBeUndefined();
    expect(queue.lend('edge1')).toBeUndefined();
    expect(queue).toMatchObject({ waiting: 0, framesUnderWay: 0 });
  });
});

describe('results', () => {
  test('count once, whoever computed', () => {
    const queue = queueOf(2);
    queue.nextLocal();
    queue.lend('edge1');
    expect(queue.complete(tile(0, 1))).toBe('first');
    expect(queue.complete(tile(0, 1))).toBe('duplicate');
    expect(queue.complete(tile(0, 0))).toBe('first');
    expect(queue.isUnderWay(0)).toBe(false);
  });

  test('of a tile that waits again take it out of the queue', () => {
    const queue = queueOf(3);
    queue.lend('edge1');
    queue.loseEdge('edge1');
    expect(queue.complete(tile(0, 2))).toBe('first');
    expect([queue.nextLocal(), queue.nextLocal(), queue.nextLocal()]).toEqual([
      tile(0, 0),
      tile(0, 1),
      undefined,
    ]);
  });

  test('of frames and tiles that do not exist are told apart', () => {
    const queue = queueOf(1);
    expect(queue.complete(tile(0, 1))).toBe('unknown');
    expect(queue.complete(tile(0, -1))).toBe('unknown');
    expect(queue.complete(tile(7, 0))).toBe('unknown');
    queue.complete(tile(0, 0));
    expect(queue.complete(tile(0, 0))).toBe('unknown');
  });
});

describe('a lost edge', () => {
  test('gives back all that it held, each to its place', () => {
    const queue = queueOf(2, 3);
    expect(queue.lend('edge1')).toEqual(tile(0, 1));
    expect(queue.lend('edge2')).toEqual(tile(0, 0));
    expect(queue.lend('edge1')).toEqual(tile(1, 1));
    expect(queue.nextLocal()).toEqual(tile(1, 0));
    expect(queue.loseEdge('edge1')).toEqual([tile(0, 1), tile(1, 1)]);
    expect(order(queue)).toEqual([tile(0, 1), tile(1, 1), tile(2, 0), tile(2, 1)]);
  });

  test('leaves the order of reuse as it was, whatever was out and came back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ORDERS),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.constantFrom('edge1', 'edge2'), { maxLength: 30 }),
        (name, rows, columns, thieves) => {
          const grid = { rows, columns };
          const queue = new SourceQueue({ grid, ranks: tileRanks(name, grid) });
          queue.takeFrame(0);
          for (const thief of thieves) queue.lend(thief);
          queue.loseEdge('edge2');
          queue.loseEdge('edge1');
          const untouched = new SourceQueue({ grid, ranks: tileRanks(name, grid) });
          untouched.takeFrame(0);
          expect(order(queue)).toEqual(order(untouched));
        },
      ),
    );
  });

  test('gives back nothing that is done, and nothing twice', () => {
    const queue = queueOf(2);
    queue.lend('edge1');
    queue.lend('edge1');
    queue.complete(tile(0, 0));
    expect(queue.loseEdge('edge1')).toEqual([tile(0, 1)]);
    expect(queue.loseEdge('edge1')).toEqual([]);
    expect(queue.loseEdge('stranger')).toEqual([]);
  });

  test('leaves what the source computes itself', () => {
    const queue = queueOf(1);
    queue.nextLocal();
    expect(queue.loseEdge('edge1')).toEqual([]);
  });
});

test('a frame is taken once', () => {
  const queue = queueOf(1);
  expect(() => queue.takeFrame(0)).toThrow('frame 0 was taken before');
});

test('in any order of events each tile is in one place, and all end up done', () => {
  const event = fc.record({
    kind: fc.constantFrom('local', 'lend', 'complete', 'lose', 'frame'),
    edge: fc.constantFrom('edge1', 'edge2', 'edge3'),
    pick: fc.nat(1000),
  });
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 120 }),
      fc.integer({ min: 1, max: 9 }),
      (events, tiles) => {
        const queue = emptyQueue(tiles);
        const key = (id: TileId) => `${id.frame}/${id.tile}`;
        /** Who holds a tile: `self`, an edge, or nobody while it waits. */
        const holders = new Map<string, string>();
        const done = new Set<string>();
        const open: TileId[] = [];
        let frames = 0;
        const hold = (id: TileId | undefined, holder: string) => {
          if (id === undefined) return;
          expect(holders.has(key(id)) || done.has(key(id))).toBe(false);
          holders.set(key(id), holder);
        };
        const complete = (id: TileId) => {
          const before = done.has(key(id));
          const completion = queue.complete(id);
          if (before) expect(completion).not.toBe('first');
          else expect(completion).toBe('first');
          done.add(key(id));
          holders.delete(key(id));
        };
        for (const { kind, edge, pick } of events) {
          if (kind === 'frame') {
            queue.takeFrame(frames);
            for (let index = 0; index < tiles; index++) open.push(tile(frames, index));
            frames++;
          }
          if (kind === 'local') hold(queue.nextLocal(), 'self');
          if (kind === 'lend') hold(queue.lend(edge), edge);
          if (kind === 'complete' && open.length > 0) complete(open[pick % open.length]!);
          if (kind === 'lose') {
            const held = [...holders].filter(([, holder]) => holder === edge).map(([id]) => id);
            expect(queue.loseEdge(edge).map(key).sort()).toEqual(held.sort());
            for (const id of held) holders.delete(id);
          }
          expect(queue.waiting).toBe(open.length - done.size - holders.size);
        }
        for (let id = queue.nextLocal(); id !== undefined; id = queue.nextLocal()) complete(id);
        for (const id of open) if (holders.has(key(id))) complete(id);
        expect(done.size).toBe(open.length);
        expect(queue).toMatchObject({ waiting: 0, framesUnderWay: 0 });
      },
    ),
    { numRuns: 500 },
  );
});
