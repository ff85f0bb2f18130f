/**
 * Computes a network's layers on this machine, in one piece or with its first layers in tiles, one tile
 * after the other. Segments are opened, run and closed in turn, so that no more than one is in memory.
 */
import { monotonicMs } from '../../runtime/clock.ts';
import type { Engine, EngineBytes, Segment, SegmentSpec } from '../../runtime/engine/engine.ts';
import { openWeights, type WeightsChoice } from '../../runtime/model/load.ts';
import { elements, type Network } from '../../runtime/model/network.ts';
import type { Precision } from '../../runtime/model/precision.ts';
import { planFusedTiles } from '../../runtime/partition/ftp.ts';
import { pasteRegion } from '../../runtime/partition/map.ts';
import type { FusedPlan } from '../../runtime/partition/plan.ts';
import type { Grid } from '../../runtime/partition/region.ts';
import { SuccessiveTiles } from './successive-tiles.ts';

export interface FusedPart {
  readonly grid: Grid;
  readonly layers: number;
  /** Tiles use what their neighbours have computed, in the order of a checkerboard. */
  readonly reuse: boolean;
}

export interface ComputeOptions {
  readonly network: Network;
  readonly weights: WeightsChoice;
  readonly engine: Engine;
  readonly precision: Precision;
  readonly threads: number;
  /** Undefined: in one piece. */
  readonly fused?: FusedPart;
  /** Layers whose whole outputs are wanted, -1 for the input; at least one. */
  readonly wanted: readonly number[];
  readonly signal?: AbortSignal;
}

export interface Computed {
  /** [channels][height][width] of every layer that was wanted. */
  readonly maps: ReadonlyMap<number, Float32Array>;
  /** Inside the segments; opening them is not counted. */
  readonly milliseconds: number;
  /** Of the segment that held most. */
  readonly engineBytes: EngineBytes;
}

/** Rejects with a TilebedError (INPUT) when the layers cannot be fused or the engine cannot compute one. */
export async function compute(input: Float32Array, options: ComputeOptions): Promise<Computed> {
  const run = new Computation(input, options);
  const { fused, wanted } = options;
  const to = Math.max(...wanted) + 1;
  if (fused === undefined) {
    await run.whole(0, to);
  } else {
    await run.tiled(fused);
    await run.whole(fused.layers, to);
  }
  return run;
}

class Computation implements Computed {
  readonly maps = new Map<number, Float32Array>();
  milliseconds = 0;
  engineBytes: EngineBytes = { weights: 0, activations: 0 };
  readonly #options: ComputeOptions;

  constructor(input: Float32Array, options: ComputeOptions) {
    this.maps.set(-1, input);
    this.#options = options;
  }

  /** Layers from `from` to before `to`; the map before them is known. */
  async whole(from: number, to: number): Promise<void> {
    if (from >= to) return;
    const outputs = this.#wantedIn(from, to);
    const { height, width } = this.#options.network.layers[from]!.input;
    await this.#withSegment({ from, to, outputs, extent: 'whole' }, async (segment) => {
      const computed = await segment.run({ input: this.maps.get(from - 1)!, height, width });
      for (const [index, layer] of outputs.entries()) {
        this.maps.set(layer, computed.outputs[index]!.data);
      }
    });
  }

  async tiled({ grid, layers: fusedLayers, reuse }: FusedPart): Promise<void> {
    const { network } = this.#options;
    const plan = planFusedTiles(network, grid, fusedLayers);
    const inside = this.#wantedIn(0, fusedLayers - 1);
    const covered = inside.filter((layer) => coversMap(plan, layer, network));
    await this.#tiles(plan, [...covered, fusedLayers - 1], reuse);
    // Strides may skip rows or columns that no tile needs: such a map takes tiles of its own.
    for (const layer of inside) {
      if (!covered.includes(layer)) {
        await this.#tiles(planFusedTiles(network, grid, layer + 1), [layer], reuse);
      }
    }
  }

  async #tiles(plan: FusedPlan, outputs: readonly number[], reuse: boolean): Promise<void> {
    const { network, signal } = this.#options;
    const spec = { from: 0, to: plan.fusedLayers, outputs, extent: 'tiled' } as const;
    for (const layer of outputs) {
      this.maps.set(layer, new Float32Array(elements(network.layers[layer]!.output)));
    }
    const tiles = new SuccessiveTiles(network, plan, reuse);
    await this.#withSegment(spec, async (segment) => {
      for (const tile of tiles.order) {
        signal?.throwIfAborted();
        const { run, made } = tiles.begin(tile, this.maps.get(-1)!);
        const computed = await segment.run(run);
        tiles.end(tile, computed.kept);
        const reached = outputs.filter((layer) => made.has(layer));
        for (const [index, layer] of reached.entries()) {
          const { output } = network.layers[layer]!;
          pasteRegion(
            this.maps.get(layer)!,
            output,
            made.get(layer)!,
            computed.outputs[index]!.data,
          );
        }
      }
    });
  }

  #wantedIn(from: number, to: number): number[] {
    const wanted = this.#options.wanted.filter((layer) => layer >= from && layer < to);
    return [...new Set(wanted)].sort((a, b) => a - b);
  }

  async #withSegment(
    spec: Pick<SegmentSpec, 'from' | 'to' | 'outputs' | 'extent'>,
    use: (segment: Segment) => Promise<void>,
  ): Promise<void> {
    const { network, engine, precision, threads, signal } = this.#options;
    signal?.throwIfAborted();
    const weights = await openWeights(this.#options.weights, network);
    let segment: Segment;
    try {
      const read = (layer: number) => weights.read(layer);
      segment = await engine.open({ ...spec, network, precision, threads, weights: read });
    } finally {
      await weights.close();
    }
    try {
      signal?.throwIfAborted();
      const startMs = monotonicMs();
      await use(segment);
      this.milliseconds += monotonicMs() - startMs;
      this.engineBytes = larger(this.engineBytes, segment.engineBytes);
    } finally {
      await segment.close();
    }
  }
}

/** Whether the tiles together compute every element of a fused layer's output. */
function coversMap(plan: FusedPlan, layer: number, network: Network): boolean {
  const { height, width } = network.layers[layer]!.output;
  const regions = plan.tiles.map((tile) => tile.layers[layer]!.output);
  // A tile's rows depend on its row of the grid only, its columns on its column.
  return (
    coversLine(
      regions.map(({ y1, y2 }) => [y1, y2]),
      height,
    ) &&
    coversLine(
      regions.map(({ x1, x2 }) => [x1, x2]),
      width,
    )
  );
}

function coversLine(spans: readonly (readonly [first: number, last: number])[], length: number) {
  let covered = 0;
  for (const [first, last] of spans.toSorted((a, b) => a[0] - b[0])) {
    if (first > covered) return false;
    covered = Math.max(covered, last + 1);
  }
  return covered === length;
}

function larger(a: EngineBytes, b: EngineBytes): EngineBytes {
  return a.weights + a.activations >= b.weights + b.activations ? a : b;
}
