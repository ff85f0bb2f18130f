/** What a stealing edge opens before it joins, and how it computes a tile. */
import { type FilledHalo, haloInput, keptRegions, surroundsOf } from '../../engine/halo-run.ts';
import { letterboxFor } from '../../frames/letterbox.ts';
import { loadNetwork } from '../../model/load.ts';
import { plainMultiplyAccumulates, reuseMultiplyAccumulates } from '../../partition/analysis.ts';
import { regionHeight, regionWidth } from '../../partition/region.ts';
import type { Halo } from '../../partition/reuse.ts';
import type { ComputeResult } from '../compute-protocol.ts';
import { ComputeThread } from '../compute-thread.ts';
import type { EdgeConfig } from '../config.ts';
import { type Job, type StealingPlan, stealingPlan } from '../job.ts';

export interface StealingWork extends StealingPlan {
  readonly compute: ComputeThread;
}

/** Opens the engine and warms it up. */
export async function openStealingWork({ work, warmup }: EdgeConfig): Promise<StealingWork> {
  const network = await loadNetwork(work.model.cfg);
  const planned = stealingPlan(network, work);
  const { fusedLayers } = planned.plan;
  const compute = await ComputeThread.open({
    engine: work.engine,
    model: work.model,
    from: 0,
    to: fusedLayers,
    outputs: [fusedLayers - 1],
    extent: work.strategy.name === 'local' ? 'whole' : 'tiled',
    precision: work.precision,
    threads: work.threads,
    cpuShares: work.cpuShares,
  });
  const opened = { ...planned, compute };
  for (let round = 0; round < warmup; round++) await warmUp(opened);
  return opened;
}

/** Goes the way of real tiles, whose floats are made on the compute thread, but without a picture. */
async function warmUp({ compute, network, plan }: StealingWork): Promise<void> {
  const { width, height } = network.input;
  const letterbox = letterboxFor(network.input, width, height);
  for (const { input: region, layers } of plan.tiles) {
    const surrounds = layers.map(({ border }) => border);
    const input = {
      kind: 'pixels',
      picture: undefined,
      crop: undefined,
      letterbox,
      region,
    } as const;
    await compute.run({ input, surrounds });
  }
}

export interface ComputedTile extends ComputeResult {
  /** What the tile leaves for its neighbours; the values are the result's `kept`. */
  readonly published: readonly Halo[];
  readonly multiplyAccumulates: number;
}

/** @param halos all that the job's plan names */
export async function computeTile(
  { network, plan: frame, layers, leaves, compute }: StealingWork,
  { id, planned: { plan, sides }, input }: Job,
  halos: readonly FilledHalo[],
): Promise<ComputedTile> {
  const published = leaves(id.tile, plan, sides);
  const result = await compute.run({
    input: input ?? {
      kind: 'floats',
      data: haloInput(network, plan, halos),
      height: regionHeight(plan.steps[0]!.held),
      width: regionWidth(plan.steps[0]!.held),
    },
    from: plan.from,
    surrounds: surroundsOf(network, plan, halos),
    keep: keptRegions(plan, published),
  });
  const multiplyAccumulates =
    layers.length === 0
      ? plainMultiplyAccumulates(network, frame)
      : reuseMultiplyAccumulates(network, plan);
  return { ...result, published, multiplyAccumulates };
}
