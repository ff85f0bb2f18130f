import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ALIGNMENTS,
  ORDERS,
  STRATEGY_NAMES,
  type StrategyAxis,
  usesAxis,
} from '../../runtime/schedule/strategies.ts';
import { matrixTrials } from './matrix.ts';

const POINTS = { grid: ['3x3', '5x5'], fusedLayers: [16] };

type Experiment = Parameters<typeof matrixTrials>[0];

function parametersOf(matrix: Experiment['matrix'], frames: Experiment['frames'] = {}) {
  return matrixTrials({ matrix, frames }).map(({ parameters }) => parameters);
}

test('what a matrix does not name has its default', () => {
  const deepthings = { edges: 0, fusedLayers: 16, strategy: 'deepthings', reuse: true };
  expect(parametersOf(POINTS)).toEqual([
    { ...deepthings, grid: '3x3', order: 'checkerboard' },
    { ...deepthings, grid: '5x5', order: 'checkerboard' },
  ]);
});

test('the baseline has neither grid nor other edges: it runs once', () => {
  expect(parametersOf({ ...POINTS, edges: [3, 2], strategy: ['local'] })).toEqual([
    { edges: 2, grid: '1x1', fusedLayers: 16, strategy: 'local', reuse: false },
  ]);
});

test('deepthings without reuse is ftp-wst, and has no order', () => {
  const axes = { reuse: [false], order: [...ORDERS] };
  const [first, ...others] = parametersOf({
    ...POINTS,
    strategy: ['deepthings', 'ftp-wst'],
    ...axes,
  });
  expect(first).toEqual({
    edges: 0,
    grid: '3x3',
    fusedLayers: 16,
    strategy: 'deepthings',
    reuse: false,
  });
  expect(others).toHaveLength(1);
});

test('sources and rates are axes, or the same of all trials; unsaid, they are no parameters', () => {
  const matrix = { ...POINTS, grid: ['3x3'] };
  const supplyOf = (...given: Parameters<typeof parametersOf>) =>
    parametersOf(...given).map(({ sources, rate }) => [sources, rate]);
  expect(supplyOf(matrix)).toEqual([[undefined, undefined]]);
  expect(supplyOf({ ...matrix, sources: [1, 6], rate: ['back-to-back', '2.0 fps'] })).toEqual([
    [1, 'back-to-back'],
    [1, '2fps'],
    [6, 'back-to-back'],
    [6, '2fps'],
  ]);
  const frames = { sources: ['edge0', 'edge3'], rate: 'poisson 1fps' };
  expect(supplyOf(matrix, frames)).toEqual([[2, 'poisson 1fps']]);
  expect(supplyOf({ ...matrix, rate: ['2fps', '2.0fps'] })).toHaveLength(1);
  const [trial] = matrixTrials({ matrix, frames });
  expect(trial).toMatchObject({
    sources: ['edge0', 'edge3'],
    rate: { kind: 'poisson', framesPerSecond: 1 },
  });
});

test('with all edges as sources the baseline has as many as there are edges', () => {
  const axes = { ...POINTS, edges: [1, 2], strategy: ['local' as const] };
  expect(parametersOf(axes, { sources: 'all' }).map(({ edges }) => edges)).toEqual([1, 2]);
});

const some = <Value>(values: readonly Value[]) => fc.subarray([...values], { minLength: 1 });

test('every combination that makes a difference is one trial', () => {
  const axes = fc.record({
    edges: some([1, 2]),
    grid: some(['2x2', '3x3']),
    fusedLayers: some([8, 16]),
    strategy: some(STRATEGY_NAMES),
    reuse: some([true, false]),
    order: some(ORDERS),
    align: some(ALIGNMENTS),
  });
  fc.assert(
    fc.property(axes, (matrix) => {
      const trials = matrixTrials({ matrix });
      const distinct = new Set<string>();
      for (const name of matrix.strategy) {
        for (const reuse of matrix.reuse) {
          const strategy = name === 'deepthings' && !reuse ? 'ftp-wst' : name;
          const count = (axis: StrategyAxis) =>
            usesAxis({ name, reuse }, axis) ? (matrix[axis] as unknown[]).length : 1;
          const times =
            count('edges') *
            count('grid') *
            matrix.fusedLayers.length *
            count('order') *
            count('align');
          const reused = usesAxis({ name, reuse }, 'reuse') && reuse;
          for (let which = 0; which < times; which++)
            distinct.add(`${strategy} ${reused} ${which}`);
        }
      }
      expect(trials).toHaveLength(distinct.size);
      for (const { parameters, grid, strategy } of trials) {
        expect(`${grid.rows}x${grid.columns}`).toBe(parameters.grid);
        expect(strategy).toMatchObject({ name: parameters.strategy, reuse: parameters.reuse });
      }
    }),
  );
});
