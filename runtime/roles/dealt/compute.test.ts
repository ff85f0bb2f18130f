/** Whatever the plan, and in whatever order pieces come: the same bits as the network in one piece. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Segment } from '../../engine/engine.ts';
import { onnxruntimeEngine } from '../../engine/onnxruntime.ts';
import { elements, type Network } from '../../model/network.ts';
import { AdaptivePlanner } from '../../partition/adaptive.ts';
import { planFtpWorkSharing, planModnn, planNeighbour } from '../../partition/dealt.ts';
import { cutRegion, pasteRegion } from '../../partition/map.ts';
import { stagePieces } from '../../partition/pieces.ts';
import { regionHeight, regionWidth } from '../../partition/region.ts';
import type { DealtPlan, PlannerInput } from '../../partition/stages.ts';
import { PartStore, type ReadyPart } from '../../schedule/part-store.ts';
import { computableChain } from '../../testing/arbitrary-network.ts';
import { computeWhole, difference, NO_DIFFERENCE, segmentSpec } from '../../testing/compute.ts';
import { below, type Random, randomFloats, seededRandom } from '../../testing/random.ts';
import { type HeldPiece, partInput } from './part-input.ts';
import { cutMapPiece, floatsOf } from './piece-payload.ts';

const DEAL = 1;

/** Edges that know nothing of each other but the pieces that they send. */
async function computeDealt(
  network: Network,
  plan: DealtPlan,
  frame: Float32Array,
  random: Random,
  chains: boolean,
): Promise<Float32Array> {
  const shapeBefore = (stage: number) => network.layers[plan.stages[stage]!.from]!.input;
  const cuts = plan.stages.slice(1).map(({ from }) => from);
  const segment = await onnxruntimeEngine.open(
    segmentSpec(network, { extent: 'tiled', cuts, chains }),
  );
  const edges = 1 + Math.max(...plan.holders.flat());
  const stores = Array.from({ length: edges }, () => new PartStore<HeldPiece>());
  const mail: { to: number; stage: number; piece: number; data: Float32Array }[] = [];
  const post = (stage: number, piece: number, receivers: readonly number[], data: Float32Array) => {
    for (const to of receivers) mail.push({ to, stage, piece, data: data.slice() });
  };
  const shape = network.layers.at(-1)!.output;
  const merged = new Float32Array(elements(shape)).fill(Number.NaN);
  try {
    for (const [edge, store] of stores.entries()) store.begin(DEAL, plan, edge);
    for (const { index, region, receivers } of stagePieces(plan, 0)) {
      post(0, index, receivers, cutRegion(frame, network.input, region));
    }
    for (;;) {
      const idle = stores.filter((store) => store.isLive(DEAL));
      const ready = idle.map((store) => ({ store, part: store.next() }));
      const busy = ready.filter(({ part }) => part !== undefined);
      for (const { store, part } of busy) {
        const output = await computePart(segment, network, plan, frame, part!);
        const { id, plan: planned } = part!;
        const outcome = store.computed(id, { kind: 'map', data: output })!;
        if (outcome.isResult) pasteRegion(merged, shape, planned.output, output);
        for (const { index, region, receivers } of outcome.pieces) {
          const next = shapeBefore(id.stage + 1);
          const { payload } = cutMapPiece(output, next, planned.output, region);
          post(id.stage + 1, index, receivers, floatsOf(payload));
        }
      }
      const [letter] = mail.splice(below(random, mail.length), 1);
      if (letter === undefined) {
        if (busy.length === 0) return merged;
        continue;
      }
      const { to, stage, piece, data } = letter;
      expect(stores[to]!.arrive(DEAL, stage, piece, { kind: 'map', data })).toBe('new');
    }
  } finally {
    await segment.close();
  }
}

async function computePart(
  segment: Segment,
  network: Network,
  plan: DealtPlan,
  frame: Float32Array,
  part: ReadyPart<HeldPiece>,
): Promise<Float32Array> {
  const { from, to } = plan.stages[part.id.stage]!;
  const { input: region, layers } = part.plan;
  const shape = network.layers[from]!.input;
  const made =
    part.ingredients.length === 0
      ? {
          data: cutRegion(frame, shape, region),
          height: regionHeight(region),
          width: regionWidth(region),
        }
      : partInput(part, shape);
  if (!('data' in made)) throw new Error('pixels');
  const { data: input, height, width } = made;
  const surrounds = layers.map(({ border }) => border);
  const { outputs } = await segment.run({ input, height, width, from, to, surrounds });
  return outputs.at(-1)!.data.slice();
}

/** Strips in halves, where the network's maps have the rows for them. */
function planAdaptive(input: PlannerInput): DealtPlan {
  const { network, fusedLayers } = input;
  const edges = input.edges.map(({ name, layerMs: [ms] }) => {
    const layerMs = network.layers.map(() => 100 * ms!);
    return { name, layerMs, rateBitsPerSecond: 1e6 };
  });
  return new AdaptivePlanner(network, fusedLayers).plan({ ...input, edges, medium: 'shared' }).plan;
}

test.each([
  { name: 'ftp-wsh', planner: planFtpWorkSharing },
  { name: 'modnn', planner: planModnn },
  { name: 'neighbour', planner: planNeighbour },
  { name: 'adaptive', planner: planAdaptive },
])('$name', { timeout: 120_000 }, async ({ planner }) => {
  await fc.assert(
    fc.asyncProperty(
      computableChain,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
      fc.constantFrom('per-layer' as const, 'output' as const),
      fc.boolean(),
      fc.integer(),
      async ({ network, grid }, speeds, align, chains, seed) => {
        const edges = speeds.map((ms, index) => ({ name: `edge${index}`, layerMs: [ms] }));
        const fusedLayers = network.layers.length;
        const plan = planner({ network, fusedLayers, grid, align, edges });
        const frame = randomFloats(elements(network.input), seed);
        const [whole] = await computeWhole(segmentSpec(network), frame);
        const dealt = await computeDealt(network, plan, frame, seededRandom(seed), chains);
        expect(difference(dealt, whole!.data)).toEqual(NO_DIFFERENCE);
      },
    ),
    { numRuns: 25 },
  );
});
