/** The planners of the strategies that deal a frame's parts out, but the adaptive one. */
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

/** MoDNN's BODP-MR-WSH: strips, one scatter and gather through the gateway for every layer that needs it. */
export const planModnn: DealtPlanner = (input: PlannerInput): DealtPlan => {
  const plan = input.align === 'per-layer' ? planStripsPerLayer(input) : planAlignedStrips(input);
  return { ...plan, route: 'gateway' };
};

/** Strips that stay where they are; only halos travel, from neighbour to neighbour. */
export const planNeighbour: DealtPlanner = (input: PlannerInput): DealtPlan => ({
  ...planAlignedStrips(input),
  route: 'direct',
});
