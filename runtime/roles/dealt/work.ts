/**
 * What an edge opens before it can be dealt parts, and what it measures of itself in its warm-up: by
 * that, shares are in proportion to real speeds.
 */
import { loadNetwork } from '../../model/load.ts';
import type { Network } from '../../model/network.ts';
import { layerMultiplyAccumulates } from '../../model/operations.ts';
import { dealtStrategy } from '../../partition/dealt.ts';
import { fusibleLayers, type WindowLayer } from '../../partition/ftp.ts';
import { regionHeight, regionWidth } from '../../partition/region.ts';
import type { DealtPlan, Part, Stage } from '../../partition/stages.ts';
import { ComputeThread } from '../compute-thread.ts';
import type { EdgeConfig } from '../config.ts';

export interface DealtWork {
  readonly network: Network;
  /** The fused ones. */
  readonly layers: readonly WindowLayer[];
  readonly compute: ComputeThread;
  /** Milliseconds of each fused layer for its whole map; empty where nothing was measured. */
  readonly layerMs: readonly number[];
}

/** A single measurement on a busy machine says little; of some, the fastest says what the device can. */
const LEAST_ROUNDS = 3;
/** Where a round takes moments, more of them are measured, up to so many or for so long. */
const MOST_ROUNDS = 40;
const STAGE_MS = 100;
/** A comparison of pooling, in multiply-accumulates: it loads as much, and does less with it. */
const POOLING_WORK = 2;

/** Opens the engine, warms it up and measures it. */
export async function openDealtWork({ work, warmup, edgeCount }: EdgeConfig): Promise<DealtWork> {
  const network = await loadNetwork(work.model.cfg);
  const { fusedLayers, grid, strategy, engine, precision, model, threads, cpuShares } = work;
  const layers = fusibleLayers(network, fusedLayers);
  const { planner, cutsAnywhere, chains } = dealtStrategy(strategy);
  const compute = await ComputeThread.open({
    engine,
    model,
    from: 0,
    to: fusedLayers,
    outputs: [fusedLayers - 1],
    extent: 'tiled',
    cuts: cutsAnywhere ? layers.slice(1).map(({ index }) => index) : [],
    chains,
    precision,
    threads,
    cpuShares,
  });
  const edges = Array.from({ length: edgeCount }, (_, index) => ({
    name: `${index}`,
    layerMs: [],
  }));
  const plan = planner({ network, fusedLayers, grid, align: strategy.align, edges });
  if (warmup === 0) return { network, layers, compute, layerMs: [] };
  if (chains) await runAllKinds(compute, network, plan);
  const layerMs = await measure(compute, network, plan, Math.max(LEAST_ROUNDS, warmup));
  return { network, layers, compute, layerMs };
}

/** Engines open something for each padding; which parts will be this edge's is not known yet. */
async function runAllKinds(
  compute: ComputeThread,
  network: Network,
  { stages }: DealtPlan,
): Promise<void> {
  for (const stage of stages) {
    const kinds = new Map(
      stage.parts.map((part) => [JSON.stringify(part.layers.map(({ border }) => border)), part]),
    );
    for (const part of kinds.values()) await compute.run(emptyRun(network, stage, part));
  }
}

/**
 * Computes an equal share of a frame of zeros, over and over. Rounds go through all stages: whatever else
 * keeps the machine busy for a moment then spoils one round of every stage, not every round of one, so
 * that the proportions between layers stand even where the times do not.
 */
async function measure(
  compute: ComputeThread,
  network: Network,
  plan: DealtPlan,
  leastRounds: number,
): Promise<readonly number[]> {
  const fastestMs = plan.stages.map(() => Number.POSITIVE_INFINITY);
  const patienceMs = STAGE_MS * plan.stages.length;
  let spentMs = 0;
  for (
    let round = 0;
    round < leastRounds || (round < MOST_ROUNDS && spentMs < patienceMs);
    round++
  ) {
    for (const index of plan.stages.keys()) {
      const stageMs = await runStage(compute, network, plan, index);
      fastestMs[index] = Math.min(fastestMs[index]!, stageMs);
      spentMs += stageMs;
    }
  }
  return plan.stages.flatMap(({ from, to }, index) => {
    const computed = ownParts(plan, index).reduce(
      (sum, { layers }) => sum + partWork(network, layers),
      0,
    );
    return network.layers.slice(from, to).map(({ index: layer, output: { height, width } }) => {
      const work = layerWork(network, layer, height * width);
      return (fastestMs[index]! * work) / computed;
    });
  });
}

/** @returns the milliseconds of this edge's parts */
async function runStage(
  compute: ComputeThread,
  network: Network,
  plan: DealtPlan,
  index: number,
): Promise<number> {
  let sumMs = 0;
  for (const part of ownParts(plan, index)) {
    const run = emptyRun(network, plan.stages[index]!, part);
    const { startMs, endMs } = await compute.run(run);
    sumMs += endMs - startMs;
  }
  return sumMs;
}

/** The share of the first edge stands for everybody's. */
function ownParts({ stages, holders }: DealtPlan, index: number): readonly Part[] {
  return stages[index]!.parts.filter((_, part) => holders[index]![part] === 0);
}

function emptyRun(network: Network, { from, to }: Stage, { input: region, layers }: Part) {
  const [height, width] = [regionHeight(region), regionWidth(region)];
  const data = new Float32Array(network.layers[from]!.input.channels * height * width);
  return {
    input: { kind: 'floats', data, height, width },
    from,
    to,
    surrounds: layers.map(({ border }) => border),
  } as const;
}

function partWork(network: Network, layers: Part['layers']): number {
  return layers.reduce(
    (sum, { layer, output }) =>
      sum + layerWork(network, layer, regionHeight(output) * regionWidth(output)),
    0,
  );
}

/** What a layer has to do for so many elements of each of its channels. */
function layerWork(network: Network, index: number, outputs: number): number {
  const layer = network.layers[index]!;
  if (layer.kind !== 'maxpool') {
    return layerMultiplyAccumulates(layer, { height: 1, width: outputs });
  }
  return POOLING_WORK * layer.output.channels * layer.size * layer.size * outputs;
}
