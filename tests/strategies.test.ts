/** Every strategy, on local nodes: whoever computes what, exactly the same is found. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Trace, TrialRecord } from '../harness/results/format.ts';
import { parseCfg } from '../runtime/model/cfg.ts';
import { haloBytes } from '../runtime/partition/analysis.ts';
import { fusibleLayers, planFusedTiles } from '../runtime/partition/ftp.ts';
import { leaveNeeded } from '../runtime/partition/leaving.ts';
import { planReuse } from '../runtime/partition/reuse.ts';
import { found } from './support/found.ts';
import { gatewayAndEdges, Workspace } from './support/workspace.ts';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.make();
  await workspace.writeTestbed(gatewayAndEdges(3, '10.78.0'));
});
afterEach(() => workspace[Symbol.asyncDispose]());

async function run(experiment: string, cfg?: string): Promise<TrialRecord[]> {
  await workspace.writeExperiment(experiment, cfg);
  const { exitCode, stderr } = await workspace.run('--quiet');
  expect(exitCode, stderr).toBe(0);
  return workspace.records();
}

function total({ nodes }: TrialRecord, figure: 'haloBytesReused' | 'haloBytesReceived'): number {
  return Object.values(nodes).reduce((sum, node) => sum + node[figure], 0);
}

test('finds what the unpartitioned network finds', async () => {
  const records = await run(`frames: { count: 3 }
matrix:
  edges: [1, 3]
  grid: [4x3]
  fusedLayers: [6]
  strategy: [local, ftp-wst, deepthings]
  order: [checkerboard, least-overlap]
threshold: 0.05
`);
  expect(records.map(({ status }) => status)).toEqual(Array(7).fill('ok'));
  expect(new Set(records.map(found)).size).toBe(1);
  expect(records[0]!.frames.some(({ detections }) => detections.length > 0)).toBe(true);
  for (const record of records) {
    const { strategy, edges } = record.parameters;
    expect(total(record, 'haloBytesReused') > 0).toBe(strategy === 'deepthings');
    // What stays on an edge does not travel.
    if (edges === 1) expect(total(record, 'haloBytesReceived')).toBe(0);
    expect(total(record, 'haloBytesReceived')).toBeLessThan(total(record, 'haloBytesReused') + 1);
  }
  const shared = records.filter(({ parameters }) => parameters.edges === 3);
  expect(shared.some((record) => total(record, 'haloBytesReceived') > 0)).toBe(true);
}, 240_000);

test('halos through the gateway: the same is found, and every tile that comes first sends its own', async () => {
  const records = await run(`frames: { count: 3, sources: [edge0] }
matrix: { edges: [1, 3], grid: [4x3], fusedLayers: [6], strategy: [local, deepthings] }
transfer: { halos: gateway }
threshold: 0.05
`);
  expect(records.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
  expect(new Set(records.map(found)).size).toBe(1);
  const file = join(workspace.folder, 'tiny.cfg');
  const network = parseCfg(await readFile(file, 'utf8'), { file });
  const layers = fusibleLayers(network, 6);
  const plan = planFusedTiles(network, { rows: 4, columns: 3 }, 6);
  const leaves = leaveNeeded(layers, plan);
  const all = { left: true, right: true, top: true, bottom: true };
  const left = plan.tiles
    .map(({ index, output }) => leaves(index, planReuse(layers, output, []), all))
    .reduce((sum, halos) => sum + haloBytes(network, halos), 0);
  const [alone, shared] = [1, 3].map(
    (edges) =>
      records.find(
        ({ parameters }) => parameters.edges === edges && parameters.strategy === 'deepthings',
      )!,
  );
  // By the plan's geometry alone: on one edge nobody needs what it sends, as in the papers' program.
  const sent = alone!.nodes['edge0']!.sentByKind['leaveHalos']!;
  expect(sent.bytes).toBeGreaterThan(3 * left);
  expect(sent.bytes).toBeLessThan(3 * left + 1000 * sent.messages);
  expect(total(alone!, 'haloBytesReceived')).toBe(0);
  expect(total(shared!, 'haloBytesReceived')).toBeGreaterThan(0);
  const senders = Object.entries(shared!.nodes).filter(([, node]) => 'halos' in node.sentByKind);
  expect(senders.map(([name]) => name)).toEqual(['gateway']);
}, 240_000);

test('YOLOv2, 16 layers in 6 x 6 tiles, where the regions of the C code are negative', async () => {
  const records = await run(
    `frames: { count: 1 }
matrix: { edges: [2], grid: [6x6], fusedLayers: [16], strategy: [local, deepthings] }
warmup: 0
threshold: 0.02
`,
    'yolov2.cfg',
  );
  expect(records.map(({ status }) => status)).toEqual(['ok', 'ok']);
  expect(new Set(records.map(found)).size).toBe(1);
  expect(records[0]!.frames[0]!.detections.length).toBeGreaterThan(0);
  const [whole, tiled] = ['local', 'deepthings'].map((name) => {
    const { nodes } = records.find(({ parameters }) => parameters.strategy === name)!;
    return Object.values(nodes).reduce((sum, node) => sum + node.multiplyAccumulates, 0);
  });
  // The ideal is 1.433; tiles that begin before their neighbours are finished compute more.
  expect(tiled! / whole!).toBeGreaterThan(1.43);
  expect(tiled! / whole!).toBeLessThan(1.7);
}, 240_000);

test('every strategy gives the bits of the last map, where nothing is detected', async () => {
  const records = await run(
    `frames: { count: 2, sources: [edge0] }
matrix:
  edges: [3]
  grid: [3x3]
  fusedLayers: [16]
  strategy: [local, modnn, ftp-wsh, ftp-wst, deepthings, neighbour, adaptive]
  align: [per-layer]
warmup: 0
`,
    'yolov2-first16.cfg',
  );
  expect(records.map(({ status }) => status)).toEqual(Array(7).fill('ok'));
  const digests = records.map(({ frames }) => frames.map(({ mapDigest }) => mapDigest));
  expect(digests[0]).toEqual([
    expect.stringMatching(/^[0-9a-f]{64}$/),
    expect.stringMatching(/^[0-9a-f]{64}$/),
  ]);
  expect(digests[0]![0]).not.toBe(digests[0]![1]);
  expect(new Set(digests.map((each) => each.join())).size).toBe(1);
  for (const { verdict } of records) {
    expect(verdict?.reasons.map(({ code }) => code)).not.toContain('output-differs');
  }
}, 240_000);

test('a network without a head is computed to its end behind the fused layers', async () => {
  const { folder } = workspace;
  const cfg = await readFile(join(folder, 'tiny.cfg'), 'utf8');
  await writeFile(join(folder, 'headless.cfg'), cfg.slice(0, cfg.indexOf('[region]')));
  const [record] = await run(
    `frames: { count: 1 }
matrix: { edges: [2], grid: [2x2], fusedLayers: [4], strategy: [deepthings] }
`,
    'headless.cfg',
  );
  expect(record!.error).toBeUndefined();
  expect(record!.frames.map(({ detections }) => detections)).toEqual([[]]);
  const { trial, repetition } = record!;
  const trace = join(workspace.results, 'traces', `${trial}-${repetition}.json`);
  const { spans } = JSON.parse(await readFile(trace, 'utf8')) as Trace;
  expect(spans.filter(({ kind }) => kind === 'finish')).toHaveLength(1);
}, 60_000);
