/** Which edges count as one and the same. */
import { expect, test } from 'vitest';
import { pooled } from './shares.ts';

const edge = (name: string, ...layerMs: number[]) => ({ name, layerMs, rateBitsPerSecond: 1e6 });

test('edges that differ by noise have the mean of what all compute, and their own links', () => {
  const edges = [edge('a', 10, 20), { ...edge('b', 11, 21), rateBitsPerSecond: 2e6 }];
  expect(pooled(edges)).toEqual([
    edge('a', 10.5, 20.5),
    { ...edge('b', 10.5, 20.5), rateBitsPerSecond: 2e6 },
  ]);
});

test('edges that really differ stay as they are', () => {
  const edges = [edge('a', 10, 20), edge('b', 20, 40)];
  expect(pooled(edges)).toBe(edges);
});

test('where one was not measured, none is changed', () => {
  const edges = [edge('a', 10, 20), edge('b')];
  expect(pooled(edges)).toBe(edges);
});
