/** Plans of halved strips: never later than whole strips of equal times, and who gets more or less. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layerMultiplyAccumulates } from '../model/operations.ts';
import { anyChain } from '../testing/arbitrary-network.ts';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { AdaptivePlanner } from './adaptive.ts';
import { StageShape } from './candidates.ts';
import { type Conditions, costModel } from './cost-model.ts';
import { fusibleLayers } from './ftp.ts';
import { StripOverlap } from './overlap.ts';
import { regionHeight } from './region.ts';
import { type DealtPlan, planStage } from './stages.ts';
import { Timelines } from './timeline.ts';

const LONG_ENOUGH_MS = 1e6;

/** The best plan of one stage over the whole network, or of these stages. */
function overlapped(conditions: Conditions, ends: readonly number[]) {
  const model = costModel(conditions);
  const layers = fusibleLayers(conditions.network, conditions.fusedLayers);
  const team = [...model.layerMs.keys()];
  const shares = (from: number, to: number) =>
    new StageShape(layers.slice(from, to)).candidates(model);
  const timelines = new Timelines(model);
  const overlap = new StripOverlap(timelines, layers, team, shares);
  return { timelines, layers, found: overlap.best([0, ...ends], [ends], LONG_ENOUGH_MS) };
}

const anyConditions = (layers: number, edges: number): fc.Arbitrary<Conditions> =>
  fc
    .record({
      network: anyChain
        .map(({ network }) => network)
        .filter((network) => {
          const { height, width } = network.layers.at(-1)!.output;
          return network.layers.length <= layers && height >= width;
        }),
      speeds: fc.array(fc.integer({ min: 2, max: 5 }), { minLength: 2, maxLength: edges }),
      medium: fc.constantFrom('links' as const, 'shared' as const),
      rateBitsPerSecond: fc.constantFrom(1e5, 1e6, 1e8),
    })
    .map(({ network, speeds, medium, rateBitsPerSecond }) => ({
      network,
      fusedLayers: network.layers.length,
      medium,
      edges: speeds.map((speed, index) => ({
        name: `edge${index}`,
        layerMs: network.layers.map(() => 300 / speed),
        rateBitsPerSecond,
      })),
    }));

test('never later than strips that are all done at the same time, whole', () => {
  fc.assert(
    fc.property(anyConditions(5, 5), (conditions) => {
      const { fusedLayers } = conditions;
      const { found, timelines, layers } = overlapped(conditions, [fusedLayers]);
      if (found === undefined) return;
      expect(found.latencyMs).toBeCloseTo(timelines.latencyMs(found.plan), 6);
      const equal = new StageShape(layers)
        .candidates(costModel(conditions))
        .find(({ holders, outputs }) => {
          const { width } = layers.at(-1)!.output;
          const strips = holders.every((_, part) => outputs[4 * part + 2]! === width - 1);
          return holders.length === conditions.edges.length && strips;
        })!;
      const regions = equal.holders.map((_, part) => {
        const [x1, y1, x2, y2] = equal.outputs.slice(4 * part, 4 * part + 4);
        return { x1: x1!, y1: y1!, x2: x2!, y2: y2! };
      });
      const plan: DealtPlan = {
        stages: [planStage(layers, regions)],
        holders: [equal.holders],
        route: 'direct',
      };
      expect(found.latencyMs).toBeLessThanOrEqual(timelines.latencyMs(plan) + 1e-6);
    }),
  );
});

describe('YOLOv2 on six devices alike in one radio cell', async () => {
  const network = await bundledNetwork('yolov2');
  const fusedLayers = 16;
  const edges = Array.from({ length: 6 }, (_, index) => ({
    name: `edge${index}`,
    layerMs: network.layers.slice(0, fusedLayers).map((layer) => {
      return Math.max(50, layerMultiplyAccumulates(layer) / 1e6);
    }),
    rateBitsPerSecond: 40e6,
  }));
  const input = { network, fusedLayers, edges, medium: 'shared', align: 'output' } as const;
  const grid = { rows: 1, columns: 1 };
  const planner = new AdaptivePlanner(network, fusedLayers);
  const { plan, cost } = planner.plan({ ...input, grid });
  const rowsOf = (stage: number, edge: number) =>
    plan.stages[stage]!.parts.filter((_, part) => plan.holders[stage]![part] === edge).reduce(
      (sum, { output }) => sum + regionHeight(output),
      0,
    );

  test('is sooner than any plan that is not of halves', () => {
    const found = planner.search({ ...input, grid });
    const foundMs = planner.cost({ ...input, grid }, found.plan).latencyMs;
    expect(cost.latencyMs).toBeLessThan(0.93 * foundMs);
  });

  test('the source, which has its part of the frame at once, gets most of the first stage', () => {
    const others = edges.slice(1, -1).map((_, index) => rowsOf(0, index + 1));
    expect(rowsOf(0, 0)).toBeGreaterThan(Math.max(...others));
  });

  test('the last stage is in halves: the first of them travel while the second are computed', () => {
    expect(plan.holders.at(-1)).toHaveLength(12);
    expect(new Set(plan.holders.at(-1)!.slice(0, 6)).size).toBe(6);
  });
});
