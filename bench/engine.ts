/** What tiling costs on one thread: our engine against bare onnxruntime, and tiles against their ideal. */
import { join } from 'node:path';
import { BUILT_IN_MODELS } from '../harness/spec/find-model.ts';
import type { Segment } from '../runtime/engine/engine.ts';
import { loadEngine } from '../runtime/engine/registry.ts';
import { loadNetwork, openWeights } from '../runtime/model/load.ts';
import type { Network } from '../runtime/model/network.ts';
import {
  plainMultiplyAccumulates,
  planMultiplyAccumulates,
} from '../runtime/partition/analysis.ts';
import { planFusedTiles } from '../runtime/partition/ftp.ts';
import { cutRegion } from '../runtime/partition/map.ts';
import type { FusedPlan } from '../runtime/partition/plan.ts';
import { regionHeight, regionWidth } from '../runtime/partition/region.ts';
import { openBare } from './bare.ts';
import { interval, milliseconds, ratio, takeTurns } from './measure.ts';
import type { BenchRow } from './table.ts';

const SEED = 7;
const FUSED_LAYERS = 16;
const GRID = { rows: 5, columns: 5 };

export async function benchEngine(rounds: number): Promise<readonly BenchRow[]> {
  const network = await loadNetwork(join(BUILT_IN_MODELS, 'yolov2.cfg'));
  const plan = planFusedTiles(network, GRID, FUSED_LAYERS);
  const frame = new Float32Array(3 * network.input.height * network.input.width).fill(0.5);
  const bare = await openBare(network, FUSED_LAYERS, SEED);
  const whole = await openSegment(network, 'whole');
  const tiled = await openSegment(network, 'tiled');
  const { height, width } = network.input;
  const measured = await takeTurns(
    [
      { name: 'bare', run: () => milliseconds(() => bare(frame)) },
      {
        name: 'whole',
        run: () => milliseconds(() => whole.run({ input: frame, height, width })),
      },
      { name: 'tiles', run: () => milliseconds(() => runTiles(tiled, network, plan, frame)) },
    ],
    rounds,
  );
  await Promise.all([whole.close(), tiled.close()]);
  const ideal = planMultiplyAccumulates(network, plan) / plainMultiplyAccumulates(network, plan);
  const tilesToWhole = ratio(measured, 'tiles', 'whole');
  const scaled = (value: number | undefined) => (value === undefined ? value : value / ideal);
  return [
    ...['bare', 'whole', 'tiles'].map(
      (name): BenchRow => ({
        what: `16 layers, one thread, ${name}`,
        value: interval(measured.get(name)!),
        unit: 'ms',
      }),
    ),
    {
      what: 'whole against bare onnxruntime',
      value: ratio(measured, 'whole', 'bare'),
      unit: 'x',
      target: { bound: 'at most', value: 1.05 },
    },
    {
      what: `25 tiles against whole x ${ideal.toFixed(2)}, the ideal redundancy`,
      value: {
        median: tilesToWhole.median / ideal,
        low: scaled(tilesToWhole.low),
        high: scaled(tilesToWhole.high),
      },
      unit: 'x',
      target: { bound: 'at most', value: 1.25 },
    },
  ];
}

async function openSegment(network: Network, extent: 'whole' | 'tiled'): Promise<Segment> {
  const engine = await loadEngine('onnxruntime');
  const weights = await openWeights({ kind: 'synthetic', seed: SEED }, network);
  return engine.open({
    network,
    from: 0,
    to: FUSED_LAYERS,
    outputs: [FUSED_LAYERS - 1],
    extent,
    threads: 1,
    weights: (layer) => weights.read(layer),
  });
}

async function runTiles(
  segment: Segment,
  network: Network,
  plan: FusedPlan,
  frame: Float32Array,
): Promise<void> {
  for (const tile of plan.tiles) {
    await segment.run({
      input: cutRegion(frame, network.input, tile.input),
      height: regionHeight(tile.input),
      width: regionWidth(tile.input),
      surrounds: tile.layers.map(({ border }) => border),
    });
  }
}
