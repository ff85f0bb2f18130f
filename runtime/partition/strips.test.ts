/** Layers that are one stage: what travels is what would travel if each were a stage of its own. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyChain } from '../testing/arbitrary-network.ts';
import { planModnn, planNeighbour } from './dealt.ts';
import type { WindowLayer } from './ftp.ts';
import { stagePieces } from './pieces.ts';
import { areaOf, type Region, regionHeight, regionWidth } from './region.ts';
import { areAlike, ceilingCuts, proportionalCuts, relativeSpeeds } from './shares.ts';
import { type DealtPlan, type PlannerInput, planStage } from './stages.ts';
import { dealtTraffic } from './traffic.ts';

const anyInput: fc.Arbitrary<PlannerInput> = fc
  .record({
    chain: anyChain,
    // Every other time they are alike: then cuts follow the papers' form, else the proportional one.
    speeds: fc.oneof(
      fc.integer({ min: 1, max: 9 }).map((count) => Array<number>(count).fill(1)),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 9 }),
    ),
    align: fc.constantFrom('per-layer' as const, 'output' as const),
  })
  .map(({ chain: { network, grid }, speeds, align }) => {
    const edges = speeds.map((ms, index) => ({ name: `edge${index}`, layerMs: [ms] }));
    return { network, grid, fusedLayers: network.layers.length, edges, align };
  });

/** The same plan with every layer a stage of its own. */
function layerByLayer(plan: DealtPlan, layers: readonly WindowLayer[]): DealtPlan {
  const apart = plan.stages.flatMap(({ from, to, parts }, stage) =>
    layers.slice(from, to).map((layer, position) => ({
      stage: planStage(
        [layer],
        parts.map((part) => part.layers[position]!.output),
      ),
      holders: plan.holders[stage]!,
    })),
  );
  return {
    route: plan.route,
    stages: apart.map(({ stage }) => stage),
    holders: apart.map(({ holders }) => holders),
  };
}

const windowLayers = ({ network }: PlannerInput) => network.layers as readonly WindowLayer[];

test('per layer, every layer is cut as its own map says, whatever stage it is in', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const plan = planModnn({ ...input, align: 'per-layer' });
      const speeds = relativeSpeeds(input.edges);
      const { height, width } = input.network.layers.at(-1)!.output;
      const apart = layerByLayer(plan, windowLayers(input));
      for (const [layer, { parts }] of apart.stages.entries()) {
        const { output } = input.network.layers[layer]!;
        const length = height >= width ? output.height : output.width;
        const cuts = areAlike(speeds)
          ? ceilingCuts(length, speeds.length)
          : proportionalCuts(length, speeds);
        const expected = cuts.slice(1).map((cut, index) => cut - cuts[index]!);
        const rows = (region: Region) =>
          height >= width ? regionHeight(region) : regionWidth(region);
        expect(parts.map((part) => rows(part.output))).toEqual(expected.filter((size) => size > 0));
      }
    }),
  );
});

test.each([
  { name: 'modnn', planner: planModnn },
  { name: 'neighbour', planner: planNeighbour },
])('$name: the bytes of a stage a layer, and nothing computed twice', ({ planner }) => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const plan = planner(input);
      const apart = layerByLayer(plan, windowLayers(input));
      expect(dealtTraffic(input.network, apart)).toEqual(dealtTraffic(input.network, plan));
      for (const [layer, { parts }] of apart.stages.entries()) {
        const { height, width } = input.network.layers[layer]!.output;
        const computed = parts.reduce((sum, { output }) => sum + areaOf(output), 0);
        // Rows that no later window reads need not be made.
        expect(computed).toBeLessThanOrEqual(height * width);
      }
    }),
  );
});

test.each([
  { name: 'modnn', planner: planModnn },
  { name: 'neighbour', planner: planNeighbour },
])('$name: a stage begins only where an edge does not just go on', ({ planner }) => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const plan = planner(input);
      for (const [stage, { parts }] of plan.stages.entries()) {
        if (stage === 0 || stagePieces(plan, stage).length > 0) continue;
        const made = plan.stages[stage - 1]!.parts.map(({ output }) => output);
        expect(parts.map((part) => part.input)).not.toEqual(made);
      }
    }),
  );
});
