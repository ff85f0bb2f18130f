/** Strategies that deal work out, on local nodes: what is found, what travels, and what a lost edge costs. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TrialRecord } from '../harness/results/format.ts';
import { letterboxFor, pictureCropFor } from '../runtime/frames/letterbox.ts';
import { parseCfg } from '../runtime/model/cfg.ts';
import { dealtStrategy } from '../runtime/partition/dealt.ts';
import { stagePieces } from '../runtime/partition/pieces.ts';
import { areaOf } from '../runtime/partition/region.ts';
import { dealtTraffic } from '../runtime/partition/traffic.ts';
import type { StrategyName } from '../runtime/schedule/strategies.ts';
import { found } from './support/found.ts';
import { payloads } from './support/payloads.ts';
import { gatewayAndEdges, Workspace } from './support/workspace.ts';

const DEALT = ['ftp-wsh', 'modnn', 'neighbour'] as const;

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.make();
  await workspace.writeTestbed(gatewayAndEdges(3, '10.78.0'));
});
afterEach(() => workspace[Symbol.asyncDispose]());

async function run(lines: string, cfg = 'tiny.cfg'): Promise<readonly TrialRecord[]> {
  await workspace.writeExperiment(lines, cfg);
  const { exitCode, stderr } = await workspace.run();
  expect(exitCode, stderr).toBe(0);
  return workspace.records();
}

const PATIENCE_MS = 300_000;

test('all find what one edge alone finds, and send what their plan says, to the byte', {
  timeout: PATIENCE_MS,
}, async () => {
  const frames = 2;
  const records = await run(`frames: { count: ${frames}, sources: [edge0] }
matrix:
  edges: [1, 3]
  grid: [3x2]
  fusedLayers: [6]
  strategy: [local, ftp-wst, ${DEALT.join(', ')}]
  align: [per-layer, output]
warmup: 0
threshold: 0.05
liveness: { lostAfter: 30s }
`);
  expect(records).toHaveLength(1 + 2 + 2 + 4 + 2);
  expect(records.map(({ status }) => status)).toEqual(records.map(() => 'ok'));
  expect(new Set(records.map(found)).size).toBe(1);
  expect(records[0]!.frames.every(({ detections }) => detections.length > 0)).toBe(true);

  const network = parseCfg(await readFile(join(workspace.folder, 'tiny.cfg'), 'utf8'), {
    file: 'tiny.cfg',
  });
  const letterbox = letterboxFor(network.input, network.input.width, network.input.height);
  const dealt = records.filter(({ parameters }) =>
    (DEALT as readonly string[]).includes(parameters.strategy),
  );
  for (const record of dealt) {
    const { strategy, edges, align = 'output' } = record.parameters;
    const name = strategy as StrategyName;
    const choice = { name, reuse: false, order: 'checkerboard', align: align as 'output' } as const;
    const plan = dealtStrategy(choice).planner({
      network,
      fusedLayers: 6,
      grid: { rows: 3, columns: 2 },
      align: choice.align,
      edges: Array.from({ length: edges }, (_, index) => ({ name: `edge${index}`, layerMs: [] })),
    });
    // Generated pictures are as large as the network's input: three bytes a pixel, and of a piece those
    // that its floats are interpolated from.
    const maps = dealtTraffic(network, plan, 0);
    const pixels = stagePieces(plan, 0).reduce(
      (sum, { region }) => sum + 3 * areaOf(pictureCropFor(letterbox, region)!),
      0,
    );
    const pieces = payloads(record, 'edges', 'piece');
    const outputs = payloads(record, 'edges', 'output');
    const direct = plan.route === 'direct';
    const { width, height } = network.input;
    expect({
      sourceToGateway: payloads(record, 'edges', 'picture') / frames,
      gatewayToEdges: payloads(record, 'gateway', 'piece') / frames,
      edgesToGateway: (outputs + (direct ? 0 : pieces)) / frames,
      edgeToEdge: direct ? pieces / frames : 0,
    }).toEqual({
      sourceToGateway: direct ? 0 : 3 * width * height,
      gatewayToEdges: direct ? 0 : maps.gatewayToEdges + pixels,
      edgesToGateway: maps.edgesToGateway,
      edgeToEdge: direct ? maps.edgeToEdge + pixels : 0,
    });
    const computed = Object.values(record.nodes).reduce((sum, node) => sum + node.tilesComputed, 0);
    expect(computed).toBe(frames * plan.stages.reduce((sum, { parts }) => sum + parts.length, 0));
  }
});

test('several sources, and shares in proportion to measured speeds', async () => {
  const records = await run(`frames: { count: 3, sources: [edge0, edge1, edge2] }
matrix: { edges: [3], grid: [2x2], fusedLayers: [6], strategy: [local, ${DEALT.join(', ')}] }
threshold: 0.05
`);
  expect(records.map(({ status }) => status)).toEqual(records.map(() => 'ok'));
  const found3 = records.map(found);
  expect(new Set(found3).size).toBe(1);
  expect(records[0]!.frames).toHaveLength(9);
});

test.each(DEALT)(
  '%s: killing an edge in the middle of a trial loses no frame',
  async (strategy) => {
    const count = 60;
    const [record] = await run(`frames: { count: ${count}, sources: [edge0] }
matrix: { edges: [3], grid: [4x4], fusedLayers: [6], strategy: [${strategy}] }
warmup: 0
threshold: 0.9
faults: [{ at: 200ms, kill: edge2 }]
timeout: 2m
`);
    expect(record).toMatchObject({ status: 'degraded', lostFrames: [] });
    expect(record!.frames).toHaveLength(count);
    expect(record!.reasons?.join()).toContain('edge2 was lost');
  },
);

describe('16 layers of YOLOv2', () => {
  test('three edges, two sources', { timeout: PATIENCE_MS }, async () => {
    await workspace.writeYolov2Beginning();
    const records = await run(
      `frames: { count: 1, sources: [edge0, edge1] }
matrix: { edges: [3], grid: [3x3], fusedLayers: [16], strategy: [local, ${DEALT.join(', ')}] }
warmup: 0
threshold: 0.01
timeout: 2m
`,
      'head.cfg',
    );
    expect(records.map(({ status }) => status)).toEqual(records.map(() => 'ok'));
    expect(new Set(records.map(found)).size).toBe(1);
    expect(records[0]!.frames.some(({ detections }) => detections.length > 0)).toBe(true);
  });
});
