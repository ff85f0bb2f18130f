/** Whether an experiment's grids and fused layers are possible with its network. */
import { TilebedError } from '../../runtime/errors.ts';
import { loadNetwork } from '../../runtime/model/load.ts';
import type { Network } from '../../runtime/model/network.ts';
import type { Grid } from '../../runtime/partition/region.ts';
import { type PlannedWork, planWork } from '../../runtime/partition/work-plan.ts';
import { type StrategyName, usesAxis } from '../../runtime/schedule/strategies.ts';
import type { ExperimentSpec } from './experiment.ts';
import { SpecError, type SpecFault } from './faults.ts';
import type { LoadedExperiment } from './load-experiment.ts';
import { parseGrid } from './matrix.ts';
import type { Trial } from './resolved.ts';

const ONE_TILE: Grid = { rows: 1, columns: 1 };

/** Rejects with a SpecError that points to each impossible value, or a TilebedError about the cfg. */
export async function checkAgainstModel({ experiment, document }: LoadedExperiment): Promise<void> {
  const network = await loadNetwork(experiment.model.cfg);
  const { matrix } = document.value as ExperimentSpec;
  const strategies = uniqueNames(experiment.trials);
  const problem = (grid: Grid, fusedLayers: number, wanted: readonly StrategyName[]) =>
    wanted
      .map((name) => planningError(network, { grid, fusedLayers, strategy: { name } }))
      .find((error) => error !== undefined);
  const faults: SpecFault[] = [];
  const possible: number[] = [];
  for (const [index, fusedLayers] of matrix.fusedLayers.entries()) {
    const error = problem(ONE_TILE, fusedLayers, strategies);
    if (error === undefined) possible.push(fusedLayers);
    else faults.push(document.fault(['matrix', 'fusedLayers', index], error.message, error));
  }
  const withGrid = strategies.filter((name) => usesAxis({ name, reuse: true }, 'grid'));
  for (const [index, text] of matrix.grid?.entries() ?? []) {
    const errors = possible.map((fused) => problem(parseGrid(text), fused, withGrid));
    const error = errors.find((candidate) => candidate !== undefined);
    if (error === undefined) continue;
    faults.push(document.fault(['matrix', 'grid', index], error.message, error));
  }
  if (faults.length > 0) throw new SpecError(faults);
}

function uniqueNames(trials: readonly Trial[]): readonly StrategyName[] {
  return [...new Set(trials.map(({ strategy }) => strategy.name))];
}

function planningError(
  network: Network,
  work: PlannedWork,
): { message: string; hint: string | undefined } | undefined {
  try {
    planWork(network, work);
    return undefined;
  } catch (error) {
    if (error instanceof TilebedError) return { message: error.message, hint: error.hint };
    throw error;
  }
}
