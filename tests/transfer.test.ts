/**
 * What travels as in the papers' program, on local nodes: exactly the same is found, and what is sent of a
 * frame follows from geometry alone, whatever the picture.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writePicture } from '../harness/pictures/write.ts';
import type { Trace, TrialRecord } from '../harness/results/format.ts';
import { letterboxFor, pictureCropFor } from '../runtime/frames/letterbox.ts';
import { parseCfg } from '../runtime/model/cfg.ts';
import { dealtStrategy } from '../runtime/partition/dealt.ts';
import { planFusedTiles } from '../runtime/partition/ftp.ts';
import { areaOf } from '../runtime/partition/region.ts';
import { dealtTraffic } from '../runtime/partition/traffic.ts';
import type { StrategyName } from '../runtime/schedule/strategies.ts';
import { noise } from '../runtime/testing/pictures.ts';
import { found } from './support/found.ts';
import { payloads } from './support/payloads.ts';
import { gatewayAndEdges, Workspace } from './support/workspace.ts';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.make();
  await workspace.writeTestbed(gatewayAndEdges(3, '10.82.0'));
});
afterEach(() => workspace[Symbol.asyncDispose]());

const FRAMES = 2;
const GRID = { rows: 4, columns: 3 };
const LAYERS = 6;
/** So flat that whole rows of tiles begin with grey bars alone. */
const PICTURE = { width: 90, height: 12 };

const EXPERIMENT = `frames: { count: ${FRAMES}, images: pictures, sources: [edge0] }
matrix:
  edges: [3]
  grid: [${GRID.rows}x${GRID.columns}]
  fusedLayers: [${LAYERS}]
  strategy: [local, ftp-wst, deepthings, ftp-wsh, modnn, neighbour, adaptive]
  align: [per-layer]
warmup: 0
threshold: 0.02
liveness: { lostAfter: 30s }
`;

async function tilesComputedElsewhere({ trial, repetition }: TrialRecord): Promise<number[]> {
  const path = join(workspace.results, 'traces', `${trial}-${repetition}.json`);
  const { spans } = JSON.parse(await readFile(path, 'utf8')) as Trace;
  return spans.flatMap(({ kind, node, tile }) =>
    kind === 'compute' && node.startsWith('edge') && node !== 'edge0' ? [tile!] : [],
  );
}

test('whatever the strategy, floats find what the whole network finds, to the byte that is counted', async () => {
  const { width, height } = PICTURE;
  await mkdir(join(workspace.folder, 'pictures'));
  await writePicture(join(workspace.folder, 'pictures/flat.png'), noise(width, height, 3));
  await workspace.writeExperiment(`${EXPERIMENT}transfer: { frames: floats, halos: gateway }\n`);
  const { exitCode, stderr } = await workspace.run('--quiet');
  expect(exitCode, stderr).toBe(0);
  expect((await workspace.manifest()).transfer).toEqual({ frames: 'floats', halos: 'gateway' });
  const records = await workspace.records();
  expect(records.map(({ status }) => status)).toEqual(Array(7).fill('ok'));
  expect(new Set(records.map(found)).size).toBe(1);
  expect(records[0]!.frames.every(({ detections }) => detections.length > 0)).toBe(true);

  const cfg = await readFile(join(workspace.folder, 'tiny.cfg'), 'utf8');
  const network = parseCfg(cfg, { file: 'tiny.cfg' });
  const of = (name: StrategyName) =>
    records.find(({ parameters }) => parameters.strategy === name)!;
  for (const name of ['ftp-wsh', 'modnn', 'neighbour'] as const) {
    const strategy = { name, reuse: false, order: 'checkerboard', align: 'per-layer' } as const;
    const edges = [0, 1, 2].map((index) => ({ name: `edge${index}`, layerMs: [] }));
    const { planner } = dealtStrategy(strategy);
    const plan = planner({ network, fusedLayers: LAYERS, grid: GRID, edges, align: 'per-layer' });
    const { sourceToGateway, gatewayToEdges, edgesToGateway, edgeToEdge } = dealtTraffic(
      network,
      plan,
    );
    const record = of(name);
    const pieces = payloads(record, 'edges', 'piece');
    expect({
      name,
      pictures: payloads(record, 'edges', 'picture') / FRAMES,
      fromGateway: payloads(record, 'gateway', 'piece') / FRAMES,
      fromEdges: (pieces + payloads(record, 'edges', 'output')) / FRAMES,
    }).toEqual({
      name,
      pictures: sourceToGateway,
      fromGateway: gatewayToEdges,
      fromEdges: edgesToGateway + edgeToEdge,
    });
  }

  const { tiles } = planFusedTiles(network, GRID, LAYERS);
  const letterbox = letterboxFor(PICTURE, network.input.width, network.input.height);
  expect(tiles.some(({ input }) => pictureCropFor(letterbox, input) === undefined)).toBe(true);
  const stolen = await tilesComputedElsewhere(of('ftp-wst'));
  expect(stolen.length).toBeGreaterThan(0);
  const area = stolen.reduce((sum, tile) => sum + areaOf(tiles[tile]!.input), 0);
  expect(payloads(of('ftp-wst'), 'edges', 'task')).toBe(12 * area);
}, 240_000);

test('results that sent pixels are not continued with floats', async () => {
  const lines = `frames: { count: 1 }
matrix: { edges: [2], grid: [2x2], fusedLayers: [2], strategy: [ftp-wsh] }
`;
  await workspace.writeExperiment(lines);
  expect((await workspace.run('--quiet')).exitCode).toBe(0);
  await workspace.writeExperiment(`${lines}transfer: { frames: floats }\n`);
  const { exitCode, stderr } = await workspace.run('--resume');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('are of transfer { frames: pixels, halos: direct }');
  expect(await workspace.records()).toHaveLength(1);
}, 60_000);
