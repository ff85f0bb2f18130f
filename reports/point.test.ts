import { expect, test } from 'vitest';
import type { Parameters } from '../harness/results/format.ts';
import { comparePoints, pointKey, pointName, pointNames } from './point.ts';

const point: Parameters = {
  edges: 2,
  grid: '5x5',
  fusedLayers: 16,
  strategy: 'deepthings',
  reuse: true,
};

test('equal parameters make one point, whatever their order', () => {
  const { edges, ...rest } = point;
  expect(pointKey({ ...rest, edges })).toBe(pointKey(point));
  expect(pointKey({ ...point, reuse: false })).not.toBe(pointKey(point));
});

test('a single point has its whole name', () => {
  expect(pointName(point)).toBe('2 edges, 5x5, 16 fused, deepthings, reuse');
  expect(pointNames([point])).toEqual({ names: [pointName(point)], shared: '' });
});

test('points that stand together say once what they share', () => {
  expect(pointNames([point, { ...point, edges: 1, reuse: false }, point])).toEqual({
    names: ['2 edges, reuse', '1 edge, no reuse', '2 edges, reuse'],
    shared: '5x5, 16 fused, deepthings',
  });
});

test('a parameter that later versions add is named too', () => {
  const added = { ...point, threads: 4 } as Parameters;
  expect(pointNames([point, added]).names).toEqual([pointName(point), 'threads 4']);
});

test('points sort by edges, then by the size of the grid', () => {
  const grids = ['10x10', '3x3', '5x5'].map((grid) => ({ ...point, grid }));
  const sorted = [...grids, { ...point, edges: 1, grid: '9x9' }].sort(comparePoints);
  expect(sorted.map(({ edges, grid }) => `${edges} ${grid}`)).toEqual([
    '1 9x9',
    '2 3x3',
    '2 5x5',
    '2 10x10',
  ]);
});

test('a name leaves out what its strategy ignores', () => {
  const local: Parameters = { ...point, edges: 1, grid: '1x1', strategy: 'local', reuse: false };
  expect(pointName(local)).toBe('16 fused, local');
  expect(pointName({ ...local, edges: 2, grid: '3x3', strategy: 'ftp-wst' })).toBe(
    '2 edges, 3x3, 16 fused, ftp-wst',
  );
  expect(pointNames([local, point])).toEqual({
    names: ['local', 'deepthings'],
    shared: '16 fused, where it counts 2 edges, 5x5, reuse',
  });
});

test('what only some strategies have tells where those differ in it', () => {
  const tiled = [3, 5].map((size) => ({ ...point, grid: `${size}x${size}` }));
  const local: Parameters = { ...point, grid: '1x1', strategy: 'local', reuse: false };
  const stealing = { ...point, strategy: 'ftp-wst', reuse: false };
  expect(pointNames([local, ...tiled, stealing])).toEqual({
    names: ['local', '3x3, deepthings', '5x5, deepthings', '5x5, ftp-wst'],
    shared: '16 fused, where it counts 2 edges, reuse',
  });
});

test('sources and rates are told in words, in the order of a table', () => {
  const loads = [
    { ...point, sources: 2, rate: 'poisson 10fps' },
    { ...point, sources: 1, rate: 'poisson 1fps' },
    { ...point, sources: 1, rate: '10fps' },
    { ...point, sources: 1, rate: 'back-to-back' },
    { ...point, sources: 1, rate: '2fps' },
  ];
  expect(pointNames(loads.sort(comparePoints)).names).toEqual([
    '1 source, back-to-back',
    '1 source, 2fps',
    '1 source, 10fps',
    '1 source, poisson 1fps',
    '2 sources, poisson 10fps',
  ]);
});
