import { describe, expect, test } from 'vitest';
import type { Halo } from '../partition/reuse.ts';
import { HaloStore } from './halo-store.ts';

const key = (tile: number, frame = 0, source = 'edge0') => ({ source, frame, tile });
const region = { x1: 2, y1: 3, x2: 5, y2: 4 };
const halo = (layer: number): Halo => ({ layer, tile: 1, region });

function storeOf(limitBytes: number, ...tiles: number[]): HaloStore {
  const store = new HaloStore(limitBytes);
  for (const tile of tiles) store.put(key(tile), [halo(2)], [new Float32Array(8)]);
  return store;
}

describe('a store of halos', () => {
  test('finds any part of what it holds, and all of it or nothing', () => {
    const store = new HaloStore(1000);
    const values = [new Float32Array(8), new Float32Array(8)];
    store.put(key(1), [halo(2), halo(4)], values);
    const inside = { layer: 4, region: { x1: 3, y1: 4, x2: 5, y2: 4 } };
    expect(store.find(key(1), [halo(2), inside])!.map(({ data }) => data)).toEqual(values);
    expect(store.find(key(1), [inside])![0]!.data).toBe(values[1]);
    const outside = { layer: 4, region: { ...region, x2: 6 } };
    expect(store.find(key(1), [inside, outside])).toBeUndefined();
    expect(store.find(key(1), [{ ...inside, layer: 3 }])).toBeUndefined();
    expect(store.find(key(2), [inside])).toBeUndefined();
    expect(store.find(key(1, 1), [inside])).toBeUndefined();
  });

  test('gives back what it drops, each once', () => {
    const freed: Float32Array[] = [];
    const store = new HaloStore(70, (values) => freed.push(...values));
    const values = [1, 2, 3, 4].map(() => new Float32Array(8));
    for (const tile of [0, 1, 2]) store.put(key(tile), [halo(2)], [values[tile]!]);
    expect(freed).toHaveLength(1);
    store.drop(key(1));
    store.drop(key(1));
    store.put(key(2), [halo(2)], [values[3]!]);
    store.clear();
    expect(freed).toHaveLength(4);
    for (const [tile, value] of values.entries()) expect(freed[tile]).toBe(value);
  });

  test('drops the oldest tiles when there are too many bytes', () => {
    const store = storeOf(70, 1, 2);
    store.put(key(1), [halo(2)], [new Float32Array(8)]);
    store.put(key(3), [halo(2)], [new Float32Array(8)]);
    expect(store.bytes).toBe(64);
    expect(store.find(key(2), [halo(2)])).toBeUndefined();
    expect(store.find(key(1), [halo(2)])).toBeDefined();
    expect(store.find(key(3), [halo(2)])).toBeDefined();
  });

  test('keeps nothing that is larger than all that it may hold', () => {
    expect(storeOf(31, 1).bytes).toBe(0);
  });

  test('forgets tiles, frames and sources', () => {
    const store = storeOf(1000, 1, 2);
    store.put(key(1, 1), [halo(2)], [new Float32Array(8)]);
    store.put(key(1, 1, 'edge1'), [halo(2)], [new Float32Array(8)]);
    store.drop(key(1));
    store.drop(key(1));
    expect(store.bytes).toBe(96);
    store.dropFrames('edge0', 1);
    expect(store.bytes).toBe(64);
    store.dropFrames('edge0');
    expect(store.bytes).toBe(32);
    store.clear();
    expect(store.bytes).toBe(0);
  });
});
