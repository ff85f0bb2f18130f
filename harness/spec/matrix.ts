/** An experiment's matrix as trials. Points that differ only in what their strategy ignores are one trial. */
import type { Grid } from '../../runtime/partition/region.ts';
import { type Strategy, type StrategyAxis, usesAxis } from '../../runtime/schedule/strategies.ts';
import type { Parameters } from '../results/format.ts';
import type { ExperimentSpec } from './experiment.ts';
import type { Trial } from './resolved.ts';

type Matrix = ExperimentSpec['matrix'];

/** What a matrix that does not name an axis has of it; edges: 0 stands for all of the testbed. */
export const MATRIX_DEFAULTS: Required<Omit<Matrix, 'fusedLayers'>> = {
  edges: [0],
  grid: ['1x1'],
  strategy: ['deepthings'],
  reuse: [true],
  order: ['checkerboard'],
  align: ['per-layer'],
};

/** In the order of the file, edges first and the finest choice of a strategy last. */
export function matrixTrials(matrix: Matrix): Trial[] {
  const axes = { ...MATRIX_DEFAULTS, ...matrix };
  const trials = new Map<string, Trial>();
  for (const edges of axes.edges) {
    for (const grid of axes.grid) {
      for (const fusedLayers of axes.fusedLayers) {
        for (const strategy of strategies(axes)) {
          const uses = (axis: StrategyAxis) => usesAxis(strategy, axis);
          const parameters: Parameters = {
            edges: uses('edges') ? edges : Math.min(...axes.edges),
            grid: uses('grid') ? grid : '1x1',
            fusedLayers,
            strategy: strategy.name,
            reuse: uses('reuse') && strategy.reuse,
            ...(uses('order') && { order: strategy.order }),
            ...(uses('align') && { align: strategy.align }),
          };
          const key = JSON.stringify({ ...parameters, strategy: actualName(strategy) });
          if (trials.has(key)) continue;
          trials.set(key, { parameters, grid: parseGrid(parameters.grid), strategy });
        }
      }
    }
  }
  return [...trials.values()];
}

export function parseGrid(text: string): Grid {
  const [rows = 1, columns = 1] = text.split('x').map(Number);
  return { rows, columns };
}

function strategies(axes: Pick<Required<Matrix>, 'strategy' | 'reuse' | 'order' | 'align'>) {
  const choices: Strategy[] = [];
  for (const name of axes.strategy) {
    for (const reuse of axes.reuse) {
      for (const order of axes.order) {
        for (const align of axes.align) choices.push({ name, reuse, order, align });
      }
    }
  }
  return choices;
}

/** One thing has two names: DeepThings without reuse is work stealing over fused tiles. */
function actualName({ name, reuse }: Strategy) {
  return name === 'deepthings' && !reuse ? 'ftp-wst' : name;
}
