/** What all edges of a simulation know: a small network that nobody computes, its tiles, and their order. */
import { fusibleLayers, planFusedTiles } from '../partition/ftp.ts';
import { leavingRule } from '../partition/leaving.ts';
import { emptyTiles } from '../schedule/own-tiles.ts';
import { ORDERS } from '../schedule/strategies.ts';
import type { StealingTiles } from '../simulation/stealing-edge.ts';
import { networkOf, section } from './cfg.ts';
import { below, type Random } from './random.ts';

const NETWORK = networkOf(
  { width: 24, height: 24, channels: 1 },
  section('convolutional', { filters: 1, size: 3, pad: 1 }),
  section('maxpool', { size: 2, stride: 2 }),
  section('convolutional', { filters: 1, size: 3, pad: 1 }),
  section('convolutional', { filters: 1, size: 3, pad: 1 }),
);

export interface SimulatedWork extends StealingTiles {
  /** Of a frame. */
  readonly count: number;
}

export function simulatedWork(random: Random): SimulatedWork {
  const reuse = below(random, 2) === 0;
  const grid = { rows: 1 + below(random, 3), columns: 1 + below(random, 4) };
  const layers = fusibleLayers(NETWORK, NETWORK.layers.length);
  const plan = planFusedTiles(NETWORK, grid, layers.length);
  const strategy = { reuse, order: ORDERS[below(random, 2)]! };
  const haloTransfer = below(random, 2) === 0 ? 'direct' : 'gateway';
  const leaves = leavingRule(haloTransfer, layers, plan);
  const empty = emptyTiles(layers, plan, {
    strategy,
    mostHalos: Number.POSITIVE_INFINITY,
    leaves,
  });
  return { leaves, haloTransfer, count: plan.tiles.length, ...empty };
}
