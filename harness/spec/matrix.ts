/** An experiment's matrix as trials. Points that differ only in what their strategy ignores are one trial. */
import type { Precision } from '../../runtime/model/precision.ts';
import type { Grid } from '../../runtime/partition/region.ts';
import { type Strategy, type StrategyAxis, usesAxis } from '../../runtime/schedule/strategies.ts';
import type { Parameters } from '../results/format.ts';
import type { ExperimentSpec } from './experiment.ts';
import { parseRate, rateText } from './rate.ts';
import type { Sources, Trial } from './resolved.ts';

type Matrix = ExperimentSpec['matrix'];
/** An experiment, as far as its trials are concerned. */
type Axes = { readonly matrix: Matrix; readonly frames?: Partial<ExperimentSpec['frames']> };

/** What a matrix that does not name an axis has of it; edges: 0 stands for all of the testbed. */
export const MATRIX_DEFAULTS: Required<
  Omit<Matrix, 'fusedLayers' | 'sources' | 'rate' | 'precision'>
> = {
  edges: [0],
  grid: ['1x1'],
  strategy: ['deepthings'],
  reuse: [true],
  order: ['checkerboard'],
  align: ['per-layer'],
};

/** In the order of the file, edges first and the finest choice of a strategy last. */
export function matrixTrials({ matrix, frames = {} }: Axes): Trial[] {
  const axes = { ...MATRIX_DEFAULTS, ...matrix };
  const trials = new Map<string, Trial>();
  for (const edges of axes.edges) {
    for (const supply of supplies(matrix, frames)) {
      for (const grid of axes.grid) {
        for (const fusedLayers of axes.fusedLayers) {
          for (const strategy of strategies(axes)) {
            const fewest = Math.min(...axes.edges);
            const point = { edges, grid, fusedLayers, strategy, fewest, ...supply };
            for (const precision of matrix.precision ?? [undefined]) {
              const trial = trialOf(point, precision);
              const key = JSON.stringify({ ...trial.parameters, strategy: actualName(strategy) });
              if (!trials.has(key)) trials.set(key, trial);
            }
          }
        }
      }
    }
  }
  return [...trials.values()];
}

interface Point extends Supply {
  readonly edges: number;
  readonly grid: string;
  readonly fusedLayers: number;
  readonly strategy: Strategy;
  /** Of all edges of the matrix: what those have that make no use of more. */
  readonly fewest: number;
}

function trialOf(
  { edges, grid, fusedLayers, strategy, fewest, ...supply }: Point,
  precision: Precision | undefined,
): Trial {
  const uses = (axis: StrategyAxis) => usesAxis(strategy, axis);
  const parameters: Parameters = {
    edges: uses('edges') || supply.sources === 'all' ? edges : fewest,
    grid: uses('grid') ? grid : '1x1',
    fusedLayers,
    strategy: strategy.name,
    reuse: uses('reuse') && strategy.reuse,
    ...(uses('order') && { order: strategy.order }),
    ...(uses('align') && { align: strategy.align }),
    ...(precision !== undefined && { precision }),
    ...supply.said,
  };
  const { sources, rate } = supply;
  const { reuse } = parameters;
  const actual = { ...strategy, reuse };
  return {
    parameters,
    grid: parseGrid(parameters.grid),
    strategy: actual,
    precision: precision ?? 'float32',
    sources,
    rate,
  };
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

/** Which edges have frames, and when those come; with the parameters that the file says of them. */
interface Supply extends Pick<Trial, 'sources' | 'rate'> {
  readonly said: Pick<Parameters, 'sources' | 'rate'>;
}

function supplies(matrix: Matrix, frames: NonNullable<Axes['frames']>): Supply[] {
  const sourceAxis: readonly (Sources | undefined)[] = matrix.sources ?? [
    frames.sources as Sources,
  ];
  const rateAxis: readonly (string | undefined)[] = matrix.rate ?? [frames.rate];
  return sourceAxis.flatMap((sources) =>
    rateAxis.map((text): Supply => {
      const rate = parseRate(text ?? 'back-to-back');
      return {
        sources: sources ?? 1,
        rate,
        said: {
          ...(sources !== undefined && sources !== 'all' && { sources: countOf(sources) }),
          ...(text !== undefined && { rate: rateText(rate) }),
        },
      };
    }),
  );
}

function countOf(sources: number | readonly string[]): number {
  return typeof sources === 'number' ? sources : sources.length;
}

/** One thing has two names: DeepThings without reuse is work stealing over fused tiles. */
function actualName({ name, reuse }: Strategy) {
  return name === 'deepthings' && !reuse ? 'ftp-wst' : name;
}
