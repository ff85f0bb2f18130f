/** The tiles of a network that is really partitioned, for edges that steal. */
import type { Network } from '../model/network.ts';
import { fusibleLayers } from '../partition/ftp.ts';
import type { FusedPlan } from '../partition/plan.ts';
import { MAX_HALOS } from '../roles/stealing/halo-wire.ts';
import { emptyTiles } from '../schedule/own-tiles.ts';
import type { Strategy } from '../schedule/strategies.ts';
import type { StealingTiles } from './stealing-edge.ts';

export function stealingTiles(
  network: Network,
  plan: FusedPlan,
  strategy: Strategy,
): StealingTiles {
  const layers = strategy.name === 'local' ? [] : fusibleLayers(network, plan.fusedLayers);
  return { layers, ...emptyTiles(layers, plan, { strategy, mostHalos: MAX_HALOS }) };
}
