/** Tiles of one input, one after the other in one place: each may use what those before it have left. */
import type { SegmentRun } from '../../runtime/engine/engine.ts';
import {
  type FilledHalo,
  haloInput,
  keptRegions,
  surroundsOf,
} from '../../runtime/engine/halo-run.ts';
import type { Network } from '../../runtime/model/network.ts';
import { fusibleLayers, type WindowLayer } from '../../runtime/partition/ftp.ts';
import { cutRegion } from '../../runtime/partition/map.ts';
import type { FusedPlan } from '../../runtime/partition/plan.ts';
import { type Region, regionHeight, regionWidth } from '../../runtime/partition/region.ts';
import { type Halo, planReuse, publishedHalos } from '../../runtime/partition/reuse.ts';
import { HaloLedger } from '../../runtime/schedule/halo-ledger.ts';
import { HaloStore } from '../../runtime/schedule/halo-store.ts';
import { tileOrder } from '../../runtime/schedule/reuse-order.ts';

const HERE = 'here';
const FRAME = { source: HERE, frame: 0 } as const;

export interface TileRun {
  readonly run: SegmentRun;
  /** By layer, the part of its output that the run computes. */
  readonly made: ReadonlyMap<number, Region>;
}

export class SuccessiveTiles {
  /** In which tiles are to be computed. */
  readonly order: readonly number[];
  readonly #network: Network;
  readonly #plan: FusedPlan;
  readonly #layers: readonly WindowLayer[];
  readonly #ledger: HaloLedger | undefined;
  readonly #store = new HaloStore(Number.POSITIVE_INFINITY);
  #published: readonly Halo[] = [];

  constructor(network: Network, plan: FusedPlan, reuse: boolean) {
    this.#network = network;
    this.#plan = plan;
    this.#layers = fusibleLayers(network, plan.fusedLayers);
    this.#ledger = reuse ? new HaloLedger(this.#layers, plan) : undefined;
    const { ranks } = tileOrder(plan.grid, { reuse, order: 'checkerboard' });
    this.order = ranks.map((_, tile) => tile).sort((a, b) => ranks[a]! - ranks[b]! || a - b);
  }

  /** @param input the network's whole input */
  begin(tile: number, input: Float32Array): TileRun {
    const planned = this.#ledger?.plan({ ...FRAME, tile }, HERE);
    const plan = planned?.plan ?? planReuse(this.#layers, this.#plan.tiles[tile]!.output, []);
    this.#published =
      planned === undefined ? [] : publishedHalos(this.#layers, tile, plan, planned.sides);
    const halos = plan.halos.map((halo): FilledHalo => {
      const [patch] = this.#store.find({ ...FRAME, tile: halo.tile }, [halo])!;
      return { halo, patch: patch! };
    });
    const { held } = plan.steps[0]!;
    const made = plan.steps.map(({ layer }, position) => {
      return [layer, plan.steps[position + 1]?.held ?? plan.output] as const;
    });
    return {
      run: {
        input:
          plan.from === 0
            ? cutRegion(input, this.#network.input, held)
            : haloInput(this.#network, plan, halos),
        height: regionHeight(held),
        width: regionWidth(held),
        from: plan.from,
        surrounds: surroundsOf(this.#network, plan, halos),
        keep: keptRegions(plan, this.#published),
      },
      made: new Map(made),
    };
  }

  /** @param kept what the run of the tile has kept */
  end(tile: number, kept: readonly Float32Array[]): void {
    this.#store.put({ ...FRAME, tile }, this.#published, kept);
    for (const spent of this.#ledger?.finish({ ...FRAME, tile }) ?? []) {
      this.#store.drop({ ...FRAME, tile: spent });
    }
  }
}
