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

function parametersOf(matrix: Parameters<typeof matrixTrials>[0]) {
  return matrixTrials(matrix).map(({ parameters }) => parameters);
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
      const trials = matrixTrials(matrix);
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
        expect(strategy.name).toBe(parameters.strategy);
      }
    }),
  );
});
