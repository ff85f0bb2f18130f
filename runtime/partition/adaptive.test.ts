import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layerMultiplyAccumulates } from '../model/operations.ts';
import { anyChain } from '../testing/arbitrary-network.ts';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { type AdaptiveInput, AdaptivePlanner } from './adaptive.ts';
import { type Candidate, StageShape } from './candidates.ts';
import { planCost } from './cost.ts';
import { costModel } from './cost-model.ts';
import { planFtpWorkSharing, planNeighbour } from './dealt.ts';
import { fusibleLayers } from './ftp.ts';
import { regionHeight } from './region.ts';
import { type DealtPlan, type EdgeProfile, planStage } from './stages.ts';

/** Layers of a millisecond or two a thousand elements, on edges that differ up to tenfold. */
const anyInput = (most: { layers: number; edges: number }): fc.Arbitrary<AdaptiveInput> =>
  fc
    .record({
      chain: anyChain.filter(({ network }) => network.layers.length <= most.layers),
      speeds: fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: most.edges }),
      rates: fc.array(fc.constantFrom(1e5, 1e6, 1e7, 1e9), { minLength: 9, maxLength: 9 }),
      medium: fc.constantFrom('links' as const, 'shared' as const),
      delayMs: fc.constantFrom(0, 1, 5),
      workMs: fc.constantFrom(0.2, 5, 100),
    })
    .map(({ chain: { network, grid }, speeds, rates, medium, delayMs, workMs }) => ({
      network,
      grid,
      fusedLayers: network.layers.length,
      align: 'output' as const,
      medium,
      edges: speeds.map((speed, index) => ({
        name: `edge${index}`,
        layerMs: network.layers.map(({ output }) => {
          return (workMs * (1 + output.height * output.width)) / (100 * speed);
        }),
        rateBitsPerSecond: rates[index]!,
        delayMs,
      })),
    }));

const latency = (input: AdaptiveInput, plan: DealtPlan) =>
  planCost(costModel(input), plan).latencyMs;
const plannerOf = ({ network, fusedLayers }: AdaptiveInput) =>
  new AdaptivePlanner(network, fusedLayers);
const adaptive = (input: AdaptiveInput) => plannerOf(input).plan(input);
const searched = (input: AdaptiveInput) => plannerOf(input).search(input);

/** Every plan of the search space: all places of cuts, all sharings of every stage. */
function* everyPlan(input: AdaptiveInput, from = 0): Generator<Candidate[]> {
  const layers = fusibleLayers(input.network, input.fusedLayers);
  const model = costModel(input);
  for (let to = from + 1; to <= layers.length; to++) {
    const next = layers[to];
    if (next !== undefined && next.size <= next.stride) continue;
    for (const candidate of new StageShape(layers.slice(from, to)).candidates(model)) {
      if (next === undefined) yield [candidate];
      else for (const rest of everyPlan(input, to)) yield [candidate, ...rest];
    }
  }
}

function assembled(
  { network, fusedLayers }: AdaptiveInput,
  steps: readonly Candidate[],
): DealtPlan {
  const layers = fusibleLayers(network, fusedLayers);
  return {
    stages: steps.map(({ from, to, holders, outputs }) => {
      const regions = holders.map((_, part) => {
        const [x1, y1, x2, y2] = outputs.slice(4 * part, 4 * part + 4);
        return { x1: x1!, y1: y1!, x2: x2!, y2: y2! };
      });
      return planStage(layers.slice(from, to), regions);
    }),
    holders: steps.map(({ holders }) => holders),
    route: 'direct',
  };
}

describe('the search', () => {
  test('finds the cheapest of all plans, and at the price that the cost model puts on it', () => {
    fc.assert(
      fc.property(anyInput({ layers: 4, edges: 3 }), (input) => {
        const { plan, cost } = searched(input);
        let cheapest = Number.POSITIVE_INFINITY;
        for (const steps of everyPlan(input)) {
          cheapest = Math.min(cheapest, latency(input, assembled(input, steps)));
        }
        expect(cost.latencyMs).toBeCloseTo(latency(input, plan), 6);
        expect(cost.latencyMs).toBeLessThanOrEqual(cheapest + 1e-6);
      }),
      { numRuns: 60 },
    );
  });

  test('is never dearer than the source alone, than neighbour, or than fused tiles in a grid', () => {
    fc.assert(
      fc.property(anyInput({ layers: 6, edges: 7 }), (input) => {
        const layers = fusibleLayers(input.network, input.fusedLayers);
        const { height, width } = layers.at(-1)!.output;
        const whole = { x1: 0, y1: 0, x2: width - 1, y2: height - 1 };
        const alone: DealtPlan = {
          stages: [planStage(layers, [whole])],
          holders: [[0]],
          route: 'direct',
        };
        const others = [
          alone,
          planNeighbour(input),
          { ...planFtpWorkSharing(input), route: 'direct' as const },
        ];
        const { cost } = searched(input);
        for (const other of others) {
          expect(cost.latencyMs).toBeLessThanOrEqual(latency(input, other) + 1e-6);
        }
      }),
    );
  });

  test('is what plans of halved strips are compared with: none is dealt that is later', () => {
    fc.assert(
      fc.property(anyInput({ layers: 6, edges: 5 }), (input) => {
        const planner = plannerOf(input);
        const { plan, cost } = planner.plan(input);
        expect(cost.latencyMs).toBeCloseTo(planner.cost(input, plan).latencyMs, 6);
        const { plan: found } = planner.search(input);
        const foundMs = planner.cost(input, found).latencyMs;
        expect(cost.latencyMs).toBeLessThanOrEqual(foundMs + 1e-6);
        expect(foundMs).toBeLessThanOrEqual(latency(input, found) + 1e-6);
      }),
    );
  });

  test('for frames in flight, the interval is no longer than that of the plan that is found for one frame', () => {
    fc.assert(
      fc.property(anyInput({ layers: 5, edges: 5 }), (input) => {
        const many = adaptive({ ...input, objective: 'interval' });
        expect(many.cost.intervalMs).toBeLessThanOrEqual(searched(input).cost.intervalMs + 1e-6);
      }),
    );
  });
});

describe('YOLOv2, 16 layers', async () => {
  const network = await bundledNetwork('yolov2');
  const planner = new AdaptivePlanner(network, 16);
  /** About a Raspberry Pi 3's milliseconds, or of one that is faster. */
  const plan = (speeds: readonly number[], rateBitsPerSecond: number | readonly number[]) => {
    const edges = speeds.map(
      (speed, index): EdgeProfile => ({
        name: `edge${index}`,
        layerMs: network.layers.slice(0, 16).map((layer) => {
          return Math.max(50, layerMultiplyAccumulates(layer) / 5e5) / speed;
        }),
        rateBitsPerSecond:
          typeof rateBitsPerSecond === 'number' ? rateBitsPerSecond : rateBitsPerSecond[index]!,
      }),
    );
    const grid = { rows: 3, columns: 3 };
    return planner.search({ network, fusedLayers: 16, grid, align: 'output', edges });
  };
  const users = ({ holders }: DealtPlan) => [...new Set(holders.flat())].sort();

  test('over a link that costs more than it brings, the source computes alone', () => {
    const { plan: alone } = plan([1, 1], 1e5);
    expect(alone.stages).toHaveLength(1);
    expect(alone.holders).toEqual([[0]]);
  });

  test('the slower the link, the fewer the stages', () => {
    const stages = [1e10, 1e7, 1e6, 3e5, 1e5].map(
      (rate) => plan([1, 1, 1, 1], rate).plan.stages.length,
    );
    expect(stages).toEqual([...stages].sort((a, b) => b - a));
    expect(stages[0]).toBeGreaterThan(stages.at(-1)!);
  });

  test('shares follow speeds', () => {
    const { plan: shared } = plan([1, 4], 1e9);
    for (const { parts } of shared.stages) {
      const [slow, fast] = parts.map(({ output }) => regionHeight(output));
      expect(fast! / slow!).toBeGreaterThan(3);
      expect(fast! / slow!).toBeLessThan(6);
    }
  });

  test('an edge that would slow the others down is left out', () => {
    expect(users(plan([1, 1, 0.01], 1e9).plan)).toEqual([0, 1]);
    expect(users(plan([1, 1, 1], [1e8, 1e8, 1e5]).plan)).toEqual([0, 1]);
  });
});

test('a layer that cannot be fused is named', () => {
  const network = networkOf(
    { width: 8, height: 8, channels: 3 },
    section('maxpool'),
    section('avgpool'),
  );
  expect(() => new AdaptivePlanner(network, 2)).toThrow(
    expect.objectContaining({ code: 'INPUT', message: expect.stringMatching(/^layer 1 /) }),
  );
});
