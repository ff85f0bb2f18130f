/** Computes a frame's tiles with reuse on several pretended edges, in an order that chance decides. */
import type { Engine } from '../engine/engine.ts';
import { type FilledHalo, haloInput, keptRegions, surroundsOf } from '../engine/halo-run.ts';
import { elements, type Network } from '../model/network.ts';
import { fusibleLayers, planFusedTiles } from '../partition/ftp.ts';
import { leavingRule } from '../partition/leaving.ts';
import { cutRegion, pasteRegion } from '../partition/map.ts';
import { type Grid, regionHeight, regionWidth } from '../partition/region.ts';
import { HaloLedger, type PlannedTile } from '../schedule/halo-ledger.ts';
import { HaloStore } from '../schedule/halo-store.ts';
import type { HaloTransfer } from '../schedule/transfer.ts';
import { segmentSpec } from './compute.ts';
import { below, type Random } from './random.ts';

export interface ReuseRun {
  /** The last fused layer's map; what no tile gave is NaN. */
  readonly merged: Float32Array;
  /** Halos that were used, and tiles that began behind the frame. */
  readonly halos: number;
  readonly late: number;
  /** Tiles that were planned again because a halo was gone. */
  readonly replanned: number;
}

export interface ReuseOptions {
  readonly random: Random;
  readonly edges: number;
  /** What each edge keeps: little of it, and halos get lost. */
  readonly storeBytes: number;
  readonly engine: Engine;
  readonly haloTransfer: HaloTransfer;
}

interface Hand {
  readonly edge: string;
  readonly tile: number;
  planned: PlannedTile;
}

const FRAME = 0;

export async function computeWithReuse(
  network: Network,
  grid: Grid,
  fusedLayers: number,
  input: Float32Array,
  { random, edges, storeBytes, engine, haloTransfer }: ReuseOptions,
): Promise<ReuseRun> {
  const layers = fusibleLayers(network, fusedLayers);
  const plan = planFusedTiles(network, grid, fusedLayers);
  const leaves = leavingRule(haloTransfer, layers, plan);
  const ledger = new HaloLedger(layers, plan, { leaves });
  const stores = new Map(
    Array.from({ length: edges }, (_, index) => [`edge${index}`, new HaloStore(storeBytes)]),
  );
  const names = [...stores.keys()];
  const segment = await engine.open(segmentSpec(network, { to: fusedLayers, extent: 'tiled' }));
  const { output: shape } = layers.at(-1)!;
  const merged = new Float32Array(elements(shape)).fill(Number.NaN);
  const run = { merged, halos: 0, late: 0, replanned: 0 };

  const gather = (hand: Hand): readonly FilledHalo[] => {
    for (;;) {
      const { halos } = hand.planned.plan;
      const found = halos.map((halo) => {
        const holder = hand.planned.holders.get(halo.tile)!;
        const key = { source: 'source', frame: FRAME, tile: halo.tile };
        return { halo, patch: stores.get(holder)!.find(key, [halo])?.[0] };
      });
      const gone = found.find(({ patch }) => patch === undefined);
      if (gone === undefined) return found as FilledHalo[];
      ledger.forget({ frame: FRAME, tile: gone.halo.tile });
      hand.planned = ledger.plan({ frame: FRAME, tile: hand.tile }, hand.edge);
      run.replanned++;
    }
  };

  const compute = async (hand: Hand) => {
    const filled = gather(hand);
    const { plan: reuse, sides } = hand.planned;
    const published = leaves(hand.tile, reuse, sides);
    const first = reuse.steps[0]!.held;
    const { outputs, kept } = await segment.run({
      input:
        reuse.from === 0
          ? cutRegion(input, network.input, first)
          : haloInput(network, reuse, filled),
      height: regionHeight(first),
      width: regionWidth(first),
      from: reuse.from,
      surrounds: surroundsOf(network, reuse, filled),
      keep: keptRegions(reuse, published),
    });
    pasteRegion(merged, shape, reuse.output, outputs[0]!.data);
    stores
      .get(hand.edge)!
      .put({ source: 'source', frame: FRAME, tile: hand.tile }, published, kept);
    ledger.finish({ frame: FRAME, tile: hand.tile });
    run.halos += filled.length;
    if (reuse.from > 0) run.late++;
  };

  try {
    const waiting = plan.tiles.map(({ index }) => index);
    const hands: Hand[] = [];
    while (waiting.length + hands.length > 0) {
      const chance = below(random, 8);
      if (chance === 0) ledger.loseEdge(names[below(random, names.length)]!);
      if (waiting.length > 0 && (hands.length === 0 || chance > 4)) {
        const [tile] = waiting.splice(below(random, waiting.length), 1);
        const edge = names[below(random, names.length)]!;
        hands.push({
          edge,
          tile: tile!,
          planned: ledger.plan({ frame: FRAME, tile: tile! }, edge),
        });
      } else {
        // An edge computes in the order in which it was given tiles, some edge or other next.
        const edge = hands[below(random, hands.length)]!.edge;
        const [hand] = hands.splice(
          hands.findIndex((one) => one.edge === edge),
          1,
        );
        await compute(hand!);
      }
    }
    return run;
  } finally {
    await segment.close();
  }
}
