/** The tiles of a frame, as its strategy wants them. */
import type { Network } from '../model/network.ts';
import type { StrategyName } from '../schedule/strategies.ts';
import { planFusedTiles, planWhole } from './ftp.ts';
import type { FusedPlan } from './plan.ts';
import type { Grid } from './region.ts';

export interface PlannedWork {
  readonly grid: Grid;
  readonly fusedLayers: number;
  readonly strategy: { readonly name: StrategyName };
}

/** Throws a TilebedError (INPUT) when a layer cannot be fused or the grid is finer than the map. */
export function planWork(
  network: Network,
  { grid, fusedLayers, strategy }: PlannedWork,
): FusedPlan {
  return strategy.name === 'local'
    ? planWhole(network, fusedLayers)
    : planFusedTiles(network, grid, fusedLayers);
}
