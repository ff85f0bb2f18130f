/** What all edges of a simulation know: a small network that nobody computes, its tiles, and their order. */
import { fusibleLayers, planFusedTiles, type WindowLayer } from '../partition/ftp.ts';
import type { FusedPlan } from '../partition/plan.ts';
import { HaloLedger } from '../schedule/halo-ledger.ts';
import { tileOrder } from '../schedule/reuse-order.ts';
import { SourceQueue } from '../schedule/source-queue.ts';
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

export class SimulatedWork implements StealingTiles {
  readonly layers: readonly WindowLayer[];
  readonly plan: FusedPlan;
  readonly reuse: boolean;
  readonly #order;

  constructor(random: Random) {
    this.reuse = below(random, 2) === 0;
    const grid = { rows: 1 + below(random, 3), columns: 1 + below(random, 4) };
    this.layers = fusibleLayers(NETWORK, NETWORK.layers.length);
    this.plan = planFusedTiles(NETWORK, grid, this.layers.length);
    this.#order = tileOrder(grid, { reuse: this.reuse, order: ORDERS[below(random, 2)]! });
  }

  emptyQueue(): SourceQueue {
    return new SourceQueue(this.#order);
  }

  emptyLedger(): HaloLedger {
    const { reuse } = this;
    return new HaloLedger(this.layers, this.plan, { reuse, mostHalos: Number.POSITIVE_INFINITY });
  }
}
