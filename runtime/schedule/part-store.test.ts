import { beforeEach, describe, expect, test } from 'vitest';
import { planFtpWorkSharing, planNeighbour } from '../partition/dealt.ts';
import { stagePieces } from '../partition/pieces.ts';
import type { DealtPlan, DealtPlanner } from '../partition/stages.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { PartStore } from './part-store.ts';

const NETWORK = networkOf(
  { width: 4, height: 6, channels: 1 },
  section('convolutional', { size: 3, pad: 1 }),
  section('convolutional', { size: 3, pad: 1 }),
);

function plan(planner: DealtPlanner, edges: number): DealtPlan {
  return planner({
    network: NETWORK,
    fusedLayers: 2,
    grid: { rows: 2, columns: 2 },
    align: 'output',
    edges: Array.from({ length: edges }, (_, index) => ({ name: `edge${index}`, layerMs: [] })),
  });
}

let store: PartStore<string>;
beforeEach(() => {
  store = new PartStore();
});

describe('strips of two edges, from the one that is no source', () => {
  const strips = plan(planNeighbour, 2);
  /** Of the second stage: what the source's strip gives to the other. */
  const halo = stagePieces(strips, 1).find(({ part }) => part === 0)!.index;

  test('a piece may come before those of earlier stages; a part waits for all it reads', () => {
    store.begin(4, strips, 1);
    expect(store.next()).toBeUndefined();
    expect(store.arrive(4, 1, halo, 'halo')).toBe('new');
    expect(store.next()).toBeUndefined();
    expect(store.arrive(4, 0, 0, 'frame')).toBe('new');
    const first = store.next()!;
    expect(first.id).toEqual({ deal: 4, stage: 0, part: 1 });
    expect(first.ingredients.map(({ data }) => data)).toEqual(['frame']);
    expect(store.next()).toBeUndefined();
    const outcome = store.computed(first.id, 'own')!;
    expect(outcome.isResult).toBe(false);
    expect(outcome.pieces.map(({ receivers }) => receivers)).toEqual([[0]]);
    const second = store.next()!;
    expect(second.id).toEqual({ deal: 4, stage: 1, part: 1 });
    expect(second.ingredients.map(({ data }) => data).sort()).toEqual(['halo', 'own']);
    expect(store.computed(second.id, 'output')).toEqual({ pieces: [], isResult: true });
    expect(store.isLive(4)).toBe(false);
  });

  test('what is early, stale, foreign or a double is told apart', () => {
    expect(store.arrive(4, 0, 0, 'frame')).toBe('early');
    store.begin(4, strips, 1);
    expect(store.arrive(3, 0, 0, 'frame')).toBe('stale');
    expect(store.arrive(4, 1, 1 - halo, 'mine')).toBe('foreign');
    expect(store.arrive(4, 0, 7, 'none')).toBe('foreign');
    expect(store.arrive(4, 9, 0, 'none')).toBe('foreign');
    expect(store.arrive(4, 0, 0, 'frame')).toBe('new');
    expect(store.arrive(4, 0, 0, 'frame')).toBe('duplicate');
    store.cancel(4);
    expect(store.arrive(4, 1, halo, 'halo')).toBe('stale');
    expect(() => store.begin(4, strips, 1)).toThrow('begins after');
  });

  test('a part whose deal was cancelled while it was computed leads to nothing', () => {
    store.begin(4, strips, 1);
    store.arrive(4, 0, 0, 'frame');
    const { id } = store.next()!;
    store.cancel(4);
    expect(store.computed(id, 'own')).toBeUndefined();
  });

  test('an edge that was given up begins anew, and knows its old deals for what they are', () => {
    store.begin(4, strips, 1);
    store.reset();
    expect(store.next()).toBeUndefined();
    expect(store.arrive(4, 0, 0, 'frame')).toBe('stale');
    store.begin(5, strips, 1);
    expect(store.arrive(5, 0, 0, 'frame')).toBe('new');
  });

  test('older frames come first, and an earlier stage before a later one', () => {
    store.begin(1, strips, 1);
    store.begin(2, strips, 1);
    store.arrive(2, 0, 0, 'second frame');
    store.arrive(1, 0, 0, 'first frame');
    expect(store.next()!.id.deal).toBe(1);
    // While the first frame waits for its halo, the second goes on.
    expect(store.next()!.id.deal).toBe(2);
  });

  test('the source itself begins at once', () => {
    store.begin(1, strips, 0);
    expect(store.next()).toMatchObject({ id: { stage: 0, part: 0 }, ingredients: [] });
  });
});

test('each tile is computed from its own piece of the frame, though neighbours overlap', () => {
  const tiles = plan(planFtpWorkSharing, 1);
  store.begin(1, tiles, 0);
  store.arrive(1, 0, 2, 'tile 2');
  const ready = store.next()!;
  expect(ready.id.part).toBe(2);
  expect(ready.ingredients).toMatchObject([{ data: 'tile 2', exclusive: true }]);
  expect(store.next()).toBeUndefined();
});

test('an edge without a part is done before it begins', () => {
  store.begin(1, plan(planNeighbour, 9), 8);
  expect(store.isLive(1)).toBe(false);
});
