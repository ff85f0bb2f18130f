/** The strategies that deal a frame's parts out: their planners, and what nodes prepare for them. */
import type { Strategy } from '../schedule/strategies.ts';
import { planFusedTiles } from './ftp.ts';
import { dealOut, relativeSpeeds } from './shares.ts';
import type { DealtPlan, DealtPlanner, PlannerInput } from './stages.ts';
import { planAlignedStrips, planStripsPerLayer } from './strips.ts';

/** DeepThings' FTP-WSH: the gateway cuts the frame into fused tiles and deals them out evenly. */
export const planFtpWorkSharing: DealtPlanner = (input: PlannerInput): DealtPlan => {
  const { network, grid, fusedLayers, edges } = input;
  const { tiles } = planFusedTiles(network, grid, fusedLayers);
  return {
    stages: [{ from: 0, to: fusedLayers, parts: tiles }],
    holders: [dealOut(tiles.length, relativeSpeeds(edges))],
    route: 'gateway',
  };
};

/** MoDNN's BODP-MR-WSH: strips, a scatter and gather through the gateway in front of every layer that needs it. */
export const planModnn: DealtPlanner = (input: PlannerInput): DealtPlan => {
  const plan = input.align === 'per-layer' ? planStripsPerLayer(input) : planAlignedStrips(input);
  return { ...plan, route: 'gateway' };
};

/** Strips that stay where they are; only halos travel, from neighbour to neighbour. */
export const planNeighbour: DealtPlanner = (input: PlannerInput): DealtPlan => ({
  ...planAlignedStrips(input),
  route: 'direct',
});

export interface DealtStrategy {
  readonly planner: DealtPlanner;
  /** Its stages may begin at any layer, not only where a window overlaps its neighbours. */
  readonly cutsAnywhere: boolean;
  /** A stage is one engine session. Not for fused tiles: work sharing computes them as work stealing does. */
  readonly chains: boolean;
  /** Frames dealt and not yet merged. The papers' work sharing does one after another. */
  readonly framesUnderWay: number;
}

/** Throws a plain Error for a strategy whose work is not dealt out. */
export function dealtStrategy({ name, align }: Strategy): DealtStrategy {
  switch (name) {
    case 'ftp-wsh':
      return { planner: planFtpWorkSharing, cutsAnywhere: false, chains: false, framesUnderWay: 1 };
    case 'modnn':
      return {
        planner: planModnn,
        cutsAnywhere: align === 'per-layer',
        chains: true,
        framesUnderWay: 1,
      };
    case 'neighbour':
      // While a strip waits for its halos, another frame's can be computed.
      return { planner: planNeighbour, cutsAnywhere: false, chains: true, framesUnderWay: 2 };
    case 'adaptive':
      // The edges' warm-up; the gateway plans by what it measures (roles/adaptive-planning.ts).
      return { planner: planNeighbour, cutsAnywhere: false, chains: true, framesUnderWay: 2 };
    default:
      throw new Error(`${name} deals nothing out`);
  }
}
