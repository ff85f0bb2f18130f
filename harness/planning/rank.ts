/** Strategies, grids and numbers of fused layers by what the cost model expects of them. Pure. */
import { TilebedError } from '../../runtime/errors.ts';
import type { Network } from '../../runtime/model/network.ts';
import { AdaptivePlanner } from '../../runtime/partition/adaptive.ts';
import { planCost } from '../../runtime/partition/cost.ts';
import { costModel, type PairProfile } from '../../runtime/partition/cost-model.ts';
import { planFtpWorkSharing, planModnn, planNeighbour } from '../../runtime/partition/dealt.ts';
import { fusibleLayers, planFusedTiles } from '../../runtime/partition/ftp.ts';
import type { DealtPlan, EdgeProfile } from '../../runtime/partition/stages.ts';
import type { Link } from '../spec/resolved.ts';
import { layerOperations } from './devices.ts';

export interface PlannedNode {
  readonly name: string;
  /** Multiply-accumulates a second, in billions. */
  readonly speed: number;
  /** Of its link; default: a gigabit. */
  readonly rateBitsPerSecond?: number;
  readonly delayMs?: number;
}

type Way = Pick<Link, 'rateBitsPerSecond' | 'delayMs'>;

export interface RankingInput {
  readonly network: Network;
  readonly gateway: PlannedNode;
  /** The frames' source first. */
  readonly edges: readonly PlannedNode[];
  /** What lies between two nodes, in addition to their links. */
  readonly pairs?: readonly { readonly between: readonly [string, string]; readonly link: Way }[];
  /** Half-duplex, of all nodes. */
  readonly medium?: Way;
  /** Default: behind each pooling layer, and as many as can be fused. */
  readonly fusedLayers?: readonly number[];
}

export interface RankedPlan {
  readonly strategy: string;
  /** Of the strategies that have one. */
  readonly grid?: string;
  readonly fusedLayers: number;
  /** From the frame to the network's outputs. */
  readonly latencyMs: number;
  readonly framesPerSecond: number;
  readonly stages: number;
  readonly edges: readonly string[];
}

const GIGABIT = 1e9;
const GRIDS = [2, 3, 4, 5];

/**
 * @returns the fastest first
 * @throws TilebedError (INPUT) when a wanted number of layers cannot be fused
 */
export function rankPlans(input: RankingInput): RankedPlan[] {
  const { network, fusedLayers = usefulDepths(network) } = input;
  return fusedLayers
    .flatMap((depth) => plansOf(input, depth))
    .toSorted((a, b) => a.latencyMs - b.latencyMs);
}

function plansOf(input: RankingInput, fusedLayers: number): RankedPlan[] {
  const { network, gateway, medium } = input;
  const layers = fusibleLayers(network, fusedLayers);
  const edges = input.edges.map(
    ({ name, speed, rateBitsPerSecond = GIGABIT, delayMs = 0 }): EdgeProfile => ({
      name,
      layerMs: layers.map((layer) => layerOperations(network, layer.index) / (speed * 1e6)),
      rateBitsPerSecond: throughMedium(rateBitsPerSecond, medium),
      delayMs: delayMs + (medium?.delayMs ?? 0),
    }),
  );
  const one = { rows: 1, columns: 1 };
  const known = {
    network,
    fusedLayers,
    edges,
    gatewayBitsPerSecond: throughMedium(gateway.rateBitsPerSecond ?? GIGABIT, medium),
    pairs: pairsByPosition(input),
    ...(medium === undefined ? {} : { medium: 'shared' as const }),
  };
  const planner = { ...known, grid: one, align: 'output' } as const;
  const restMs = network.layers
    .slice(fusedLayers)
    .reduce((sum, { index }) => sum + layerOperations(network, index) / (gateway.speed * 1e6), 0);
  const model = costModel(known);
  const rank = (strategy: string, plan: DealtPlan, grid?: string): RankedPlan => {
    const cost = planCost(model, plan);
    return {
      strategy,
      ...(grid === undefined ? {} : { grid }),
      fusedLayers,
      latencyMs: cost.latencyMs + restMs,
      framesPerSecond: 1000 / Math.max(cost.intervalMs, restMs),
      stages: plan.stages.length,
      edges: [...new Set(plan.holders.flat())].sort((a, b) => a - b).map((at) => edges[at]!.name),
    };
  };
  const { height, width } = layers.at(-1)!.output;
  const grids = GRIDS.filter((side) => side <= Math.min(height, width));
  const alone: DealtPlan = {
    stages: [{ from: 0, to: fusedLayers, parts: planFusedTiles(network, one, fusedLayers).tiles }],
    holders: [[0]],
    route: 'direct',
  };
  return [
    rank('local', alone),
    ...grids.flatMap((side) => {
      const shared = planFtpWorkSharing({ ...planner, grid: { rows: side, columns: side } });
      const grid = `${side}x${side}`;
      // Stealing hands out as sharing does, but without the frame's way through the gateway.
      return [rank('ftp-wsh', shared, grid), rank('ftp-wst', { ...shared, route: 'direct' }, grid)];
    }),
    rank('modnn', planModnn(planner)),
    rank('neighbour', planNeighbour(planner)),
    rank('adaptive', new AdaptivePlanner(network, fusedLayers).plan(planner).plan),
  ];
}

/** The slower of the two holds. */
function throughMedium(rateBitsPerSecond: number, medium: Way = {}): number {
  return Math.min(rateBitsPerSecond, medium.rateBitsPerSecond ?? rateBitsPerSecond);
}

/** Of nodes that take part. */
function pairsByPosition({ gateway, edges, pairs = [] }: RankingInput): PairProfile[] {
  const names = [...edges, gateway].map(({ name }) => name);
  return pairs.flatMap(({ between: [a, b], link: { rateBitsPerSecond, delayMs } }) => {
    const between = [names.indexOf(a), names.indexOf(b)] as const;
    if (between.includes(-1)) return [];
    const rate = rateBitsPerSecond === undefined ? {} : { rateBitsPerSecond };
    return [{ between, ...rate, ...(delayMs === undefined ? {} : { delayMs }) }];
  });
}

/** Behind each pooling layer, where maps become small, and as many layers as can be fused. */
function usefulDepths(network: Network): number[] {
  const possible = network.layers
    .map(({ index }) => index + 1)
    .filter((depth) => canFuse(network, depth));
  return possible.filter(
    (depth, at) => network.layers[depth - 1]!.kind === 'maxpool' || at === possible.length - 1,
  );
}

function canFuse(network: Network, depth: number): boolean {
  try {
    fusibleLayers(network, depth);
    return true;
  } catch (error) {
    if (error instanceof TilebedError) return false;
    throw error;
  }
}
