/** The tiles of a network that is really partitioned, for edges that steal. */
import type { Network } from '../model/network.ts';
import { fusibleLayers } from '../partition/ftp.ts';
import { leavingRule } from '../partition/leaving.ts';
import type { FusedPlan } from '../partition/plan.ts';
import type { Work } from '../roles/config.ts';
import { MAX_HALOS } from '../roles/stealing/halo-wire.ts';
import { emptyTiles } from '../schedule/own-tiles.ts';
import type { StealingTiles } from './stealing-edge.ts';

export function stealingTiles(
  network: Network,
  plan: FusedPlan,
  { strategy, transfer }: Pick<Work, 'strategy' | 'transfer'>,
): StealingTiles {
  const layers = strategy.name === 'local' ? [] : fusibleLayers(network, plan.fusedLayers);
  const leaves = leavingRule(transfer.halos, layers, plan);
  const empty = emptyTiles(layers, plan, { strategy, mostHalos: MAX_HALOS, leaves });
  return { leaves, haloTransfer: transfer.halos, ...empty };
}
