/** The tiles of a network that is really partitioned, for edges that steal. */
import type { Network } from '../model/network.ts';
import { fusibleLayers } from '../partition/ftp.ts';
import type { FusedPlan } from '../partition/plan.ts';
import { MAX_HALOS } from '../roles/stealing/halo-wire.ts';
import { HaloLedger } from '../schedule/halo-ledger.ts';
import { tileOrder } from '../schedule/reuse-order.ts';
import { SourceQueue } from '../schedule/source-queue.ts';
import type { Strategy } from '../schedule/strategies.ts';
import type { StealingTiles } from './stealing-edge.ts';

export function stealingTiles(
  network: Network,
  plan: FusedPlan,
  strategy: Strategy,
): StealingTiles {
  const layers = strategy.name === 'local' ? [] : fusibleLayers(network, plan.fusedLayers);
  const order = tileOrder(plan.grid, strategy);
  const options = { reuse: strategy.reuse, mostHalos: MAX_HALOS };
  return {
    layers,
    emptyQueue: () => new SourceQueue(order),
    emptyLedger: () => new HaloLedger(layers, plan, options),
  };
}
