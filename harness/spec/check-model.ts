/** Whether an experiment's grids and fused layers are possible with its network. */
import { TilebedError } from '../../runtime/errors.ts';
import { loadNetwork } from '../../runtime/model/load.ts';
import type { Network } from '../../runtime/model/network.ts';
import { planFusedTiles } from '../../runtime/partition/ftp.ts';
import type { Grid } from '../../runtime/partition/region.ts';
import type { ExperimentSpec } from './experiment.ts';
import { SpecError, type SpecFault } from './faults.ts';
import { type LoadedExperiment, parseGrid } from './load-experiment.ts';

const ONE_TILE: Grid = { rows: 1, columns: 1 };

/** Rejects with a SpecError that points to each impossible value, or a TilebedError about the cfg. */
export async function checkAgainstModel({ experiment, document }: LoadedExperiment): Promise<void> {
  const network = await loadNetwork(experiment.model.cfg);
  const { matrix } = document.value as ExperimentSpec;
  const faults: SpecFault[] = [];
  const possible: number[] = [];
  for (const [index, fusedLayers] of matrix.fusedLayers.entries()) {
    const error = planningError(network, ONE_TILE, fusedLayers);
    if (error === undefined) possible.push(fusedLayers);
    else faults.push(document.fault(['matrix', 'fusedLayers', index], error.message, error));
  }
  for (const [index, text] of matrix.grid.entries()) {
    const errors = possible.map((fused) => planningError(network, parseGrid(text), fused));
    const error = errors.find((candidate) => candidate !== undefined);
    if (error === undefined) continue;
    faults.push(document.fault(['matrix', 'grid', index], error.message, error));
  }
  if (faults.length > 0) throw new SpecError(faults);
}

function planningError(
  network: Network,
  grid: Grid,
  fusedLayers: number,
): { message: string; hint: string | undefined } | undefined {
  try {
    planFusedTiles(network, grid, fusedLayers);
    return undefined;
  } catch (error) {
    if (error instanceof TilebedError) return { message: error.message, hint: error.hint };
    throw error;
  }
}
