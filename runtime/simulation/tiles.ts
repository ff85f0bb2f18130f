/** The tiles of a network that is really partitioned, for edges that steal. */
import type { Work } from '../roles/config.ts';
import type { StealingPlan } from '../roles/job.ts';
import { MAX_HALOS } from '../roles/stealing/halo-wire.ts';
import { emptyTiles } from '../schedule/own-tiles.ts';
import type { StealingTiles } from './stealing-edge.ts';

export function stealingTiles(
  { plan, layers, leaves }: StealingPlan,
  { strategy, transfer }: Pick<Work, 'strategy' | 'transfer'>,
): StealingTiles {
  const empty = emptyTiles(layers, plan, { strategy, mostHalos: MAX_HALOS, leaves });
  return { leaves, haloTransfer: transfer.halos, ...empty };
}
