/**
 * Work that the gateway deals out: a frame goes through stages, each a range of layers whose output map
 * is cut into parts, and each part has an edge that computes it. Inside a stage a part recomputes its
 * halos (as DeepThings' tiles do); between stages only what a holder lacks travels (`pieces.ts`).
 *
 *   frame ─▶ stage 0: layers [0, a) ─▶ stage 1: layers [a, b) ─▶ … ─▶ the last fused map, at the gateway
 *
 * Data only, and what makes it from the regions that a planner chose; the planners stand beside.
 */
import type { Network } from '../model/network.ts';
import type { Alignment } from '../schedule/strategies.ts';
import { planRegion, type WindowLayer } from './ftp.ts';
import type { TilePlan } from './plan.ts';
import type { Grid, Region } from './region.ts';

/** A region of a stage's output map, with what its layers read and write to make it. */
export type Part = Omit<TilePlan, 'row' | 'column'>;

export interface Stage {
  /** First layer. */
  readonly from: number;
  /** One past the last layer. */
  readonly to: number;
  /** Their outputs tile the map of layer `to - 1` exactly; their inputs are regions of the map before `from`. */
  readonly parts: readonly Part[];
}

export interface DealtPlan {
  /** In order; each begins where the one before it ends, the first at layer 0. */
  readonly stages: readonly Stage[];
  /** By stage and part, the edge that computes it: a position among the planner's edges. An edge may hold none. */
  readonly holders: readonly (readonly number[])[];
  /**
   * `direct`: the source and the edges send pieces to each other.
   * `gateway`: the frame goes to the gateway first, and every piece goes through it.
   */
  readonly route: 'direct' | 'gateway';
}

/** What is known of an edge that may be given parts. */
export interface EdgeProfile {
  readonly name: string;
  /** Measured milliseconds of each fused layer over the whole map; empty where nothing was measured. */
  readonly layerMs: readonly number[];
  /** Of its link to the others, measured. */
  readonly rateBitsPerSecond?: number;
  /** From it to another node, one way, measured. */
  readonly delayMs?: number;
}

export interface PlannerInput {
  readonly network: Network;
  readonly fusedLayers: number;
  readonly grid: Grid;
  readonly align: Alignment;
  /** At least one. The frame's source stands at position 0. */
  readonly edges: readonly EdgeProfile[];
}

/**
 * Plans one frame. Pure: the same input gives the same plan.
 *
 * @throws TilebedError (INPUT) when a layer cannot be fused or the grid is finer than the map
 */
export type DealtPlanner = (input: PlannerInput) => DealtPlan;

/**
 * A stage of consecutive layers.
 *
 * @param layers those of the stage
 * @param outputs regions that tile the last layer's map: one part each, numbered in this order
 */
export function planStage(layers: readonly WindowLayer[], outputs: readonly Region[]): Stage {
  const first = layers[0];
  if (first === undefined) throw new Error('a stage has layers');
  return {
    from: first.index,
    to: first.index + layers.length,
    parts: outputs.map((output, index) => ({ index, ...planRegion(layers, output) })),
  };
}
