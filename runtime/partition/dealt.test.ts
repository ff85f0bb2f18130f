/** What holds of every dealt plan, over random networks, grids, numbers of edges and speeds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyChain } from '../testing/arbitrary-network.ts';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { AdaptivePlanner } from './adaptive.ts';
import { planFtpWorkSharing, planModnn, planNeighbour } from './dealt.ts';
import { stagePieces } from './pieces.ts';
import { type Region, regionHeight, regionWidth } from './region.ts';
import type { DealtPlan, DealtPlanner, EdgeProfile, PlannerInput } from './stages.ts';

const anyEdges: fc.Arbitrary<EdgeProfile[]> = fc
  .array(fc.oneof(fc.constant([]), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 })), {
    minLength: 1,
    maxLength: 9,
  })
  .map((measured) => measured.map((layerMs, index) => ({ name: `edge${index}`, layerMs })));

const anyInput: fc.Arbitrary<PlannerInput> = fc
  .record({ chain: anyChain, edges: anyEdges, align: fc.constantFrom('per-layer', 'output') })
  .map(({ chain: { network, grid }, edges, align }) => ({
    network,
    grid,
    fusedLayers: network.layers.length,
    edges,
    align,
  }));

/** Layers of so many milliseconds, over a medium by which it matters what travels when. */
function planAdaptive(input: PlannerInput): DealtPlan {
  const { network, fusedLayers } = input;
  const edges = input.edges.map(({ name, layerMs: [ms = 25] }) => {
    const layerMs = network.layers.map(() => 40 * ms);
    return { name, layerMs, rateBitsPerSecond: 1e6 };
  });
  return new AdaptivePlanner(network, fusedLayers).plan({ ...input, edges, medium: 'shared' }).plan;
}

const PLANNERS: readonly { readonly name: string; readonly planner: DealtPlanner }[] = [
  { name: 'ftp-wsh', planner: planFtpWorkSharing },
  { name: 'modnn', planner: planModnn },
  { name: 'neighbour', planner: planNeighbour },
  { name: 'adaptive', planner: planAdaptive },
];

/** How often each element of a map lies in the regions, row by row. */
function coverage(height: number, width: number, regions: readonly Region[]): Uint8Array {
  const counts = new Uint8Array(height * width);
  for (const { x1, y1, x2, y2 } of regions) {
    for (let y = y1; y <= y2; y++) {
      for (let x = x1; x <= x2; x++) counts[y * width + x]!++;
    }
  }
  return counts;
}

describe.each(PLANNERS)('$name', ({ planner }) => {
  test('stages follow each other, and the parts of each tile its map exactly', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { stages, holders } = planner(input);
        let next = 0;
        for (const [index, { from, to, parts }] of stages.entries()) {
          expect(from).toBe(next);
          next = to;
          const { height, width } = input.network.layers[to - 1]!.output;
          const outputs = parts.map(({ output }) => output);
          expect(coverage(height, width, outputs).every((count) => count === 1)).toBe(true);
          expect(holders[index]).toHaveLength(parts.length);
          for (const holder of holders[index]!) {
            expect(holder).toBeGreaterThanOrEqual(0);
            expect(holder).toBeLessThan(input.edges.length);
          }
        }
        expect(next).toBe(input.fusedLayers);
      }),
    );
  });

  test('what an edge holds and what it is sent are its whole input, and nothing twice', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const plan = planner(input);
        for (let stage = 1; stage < plan.stages.length; stage++) checkStage(input, plan, stage);
      }),
    );
  });

  test('the frame goes to every holder but a source that has it', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const plan = planner(input);
        const pieces = stagePieces(plan, 0);
        for (const [position, { input: region }] of plan.stages[0]!.parts.entries()) {
          const holder = plan.holders[0]![position]!;
          const sent = pieces.filter(
            (piece) => piece.region === region && piece.receivers.includes(holder),
          );
          expect(sent).toHaveLength(plan.route === 'direct' && holder === 0 ? 0 : 1);
        }
      }),
    );
  });
});

function checkStage({ network, edges }: PlannerInput, plan: DealtPlan, stage: number): void {
  const { height, width } = network.layers[plan.stages[stage]!.from]!.input;
  const pieces = stagePieces(plan, stage);
  const before = plan.stages[stage - 1]!;
  for (const edge of edges.keys()) {
    const own = before.parts.filter((_, part) => plan.holders[stage - 1]![part] === edge);
    const sent = pieces.filter(({ receivers }) => receivers.includes(edge));
    const has = coverage(height, width, [
      ...own.map(({ output }) => output),
      ...sent.map(({ region }) => region),
    ]);
    expect(has.every((count) => count <= 1)).toBe(true);
    const parts = plan.stages[stage]!.parts.filter(
      (_, part) => plan.holders[stage]![part] === edge,
    );
    const needs = coverage(
      height,
      width,
      parts.map(({ input }) => input),
    );
    expect(needs.every((count, element) => count === 0 || has[element] === 1)).toBe(true);
    // Nothing comes that nobody there reads.
    for (const { region, part } of sent) {
      expect(part).toBeDefined();
      const read = coverage(height, width, [region]);
      expect(read.every((count, element) => count === 0 || needs[element]! > 0)).toBe(true);
    }
  }
}

describe('shares', () => {
  const network = networkOf(
    { width: 30, height: 60, channels: 1 },
    section('convolutional', { size: 3, pad: 1 }),
    section('maxpool', { size: 2, stride: 2 }),
    section('convolutional', { size: 3, pad: 1 }),
  );
  const planned = (planner: DealtPlanner, layerMs: readonly number[]) =>
    planner({
      network,
      fusedLayers: 3,
      grid: { rows: 3, columns: 4 },
      align: 'output',
      edges: layerMs.map((ms, index) => ({ name: `edge${index}`, layerMs: ms > 0 ? [ms] : [] })),
    });
  const rows = ({ stages }: DealtPlan) =>
    stages.at(-1)!.parts.map(({ output }) => regionHeight(output));

  test('in proportion to the measured speed', () => {
    expect(rows(planned(planNeighbour, [30, 15]))).toEqual([10, 20]);
    const tiles = planned(planFtpWorkSharing, [30, 15]).holders[0]!;
    expect(tiles.filter((holder) => holder === 0)).toHaveLength(4);
  });

  test('speeds within ten per cent are alike, and get equal shares', () => {
    expect(rows(planned(planNeighbour, [10, 10.9]))).toEqual([15, 15]);
    expect(rows(planned(planNeighbour, [10, 13]))).toEqual([16, 14]);
  });

  test('an edge of which nothing is known counts as an average one', () => {
    expect(rows(planned(planNeighbour, [10, 30, 0]))).toEqual([15, 5, 10]);
  });

  test('alike edges take turns at tiles', () => {
    expect(planned(planFtpWorkSharing, [0, 0, 0]).holders[0]).toEqual([
      0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2,
    ]);
  });

  test('strips run along the longer dimension', () => {
    const wide = networkOf({ width: 8, height: 4, channels: 1 }, section('maxpool', {}));
    const edges = [0, 1].map((index) => ({ name: `edge${index}`, layerMs: [] }));
    const grid = { rows: 1, columns: 1 };
    const { stages } = planNeighbour({
      network: wide,
      fusedLayers: 1,
      grid,
      edges,
      align: 'output',
    });
    expect(stages[0]!.parts.map(({ output }) => regionWidth(output))).toEqual([4, 4]);
  });

  test('more edges than rows: some have no part', () => {
    const { holders } = planned(planNeighbour, Array(40).fill(0));
    expect(holders.at(-1)).toEqual(Array.from({ length: 30 }, (_, edge) => edge));
  });
});

test('layers that cannot be fused are the same fault as with stealing', async () => {
  const network = await bundledNetwork('yolov2');
  const edges = [{ name: 'edge0', layerMs: [] }];
  const grid = { rows: 1, columns: 1 };
  for (const { planner } of PLANNERS) {
    const plan = (fusedLayers: number) => () =>
      planner({ network, fusedLayers, grid, edges, align: 'output' });
    expect(plan(26)).toThrow(
      expect.objectContaining({ code: 'INPUT', message: expect.stringMatching(/^layer 25 /) }),
    );
    expect(plan(20)).toThrow(
      expect.objectContaining({ code: 'INPUT', message: expect.stringMatching(/reads layer 16/) }),
    );
  }
});
