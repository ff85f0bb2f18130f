/** Simulations beside the run that they are calibrated from: what must be equal is equal, and wrong input is told. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pathExists } from '../harness/path-exists.ts';
import type { TrialRecord } from '../harness/results/format.ts';
import type { Against } from '../reports/against.ts';
import { tilebed } from './support/cli.ts';
import { Workspace } from './support/workspace.ts';

/** A simulation takes every name for one of seven letters, so that these nodes' messages are of its size. */
const TESTBED = `network: { subnet: 10.80.0.0/24 }
nodes:
  gateway: { role: gateway, address: 10.80.0.2 }
  device0: { role: edge, address: 10.80.0.3 }
  device1: { role: edge, address: 10.80.0.4 }
`;
const FRAMES = 2;
const EXPERIMENT = `frames: { count: ${FRAMES}, sources: [device0] }
matrix:
  edges: [1, 2]
  grid: [3x3]
  fusedLayers: [4]
  strategy: [local, ftp-wst, ftp-wsh, neighbour]
`;
/** `local` has one edge, the others one and two. */
const POINTS = 7;

let workspace: Workspace;
let measured: readonly TrialRecord[];
beforeAll(async () => {
  workspace = await Workspace.make();
  await workspace.writeTestbed(TESTBED);
  await workspace.writeExperiment(EXPERIMENT);
  const { stderr } = await workspace.run('--quiet');
  measured = await workspace.records().catch(() => {
    throw new Error(stderr);
  });
});
afterAll(() => workspace[Symbol.asyncDispose]());

function simulate(...more: readonly string[]) {
  return tilebed(['simulate', workspace.experiment, ...more]);
}

/** What all nodes of a trial together computed, and what they sent of these kinds. */
function work({ nodes }: TrialRecord, kinds: readonly string[]) {
  const all = Object.values(nodes);
  const sum = (of: (node: (typeof all)[number]) => number) =>
    all.reduce((before, node) => before + of(node), 0);
  return {
    tiles: sum(({ tilesComputed }) => tilesComputed),
    sent: kinds.map((kind) => [
      kind,
      sum(({ sentByKind }) => sentByKind[kind]?.messages ?? 0),
      sum(({ sentByKind }) => sentByKind[kind]?.bytes ?? 0),
    ]),
  };
}

test('a simulation computes the tiles, and sends the maps, that the run does; to the byte', async () => {
  const folder = join(workspace.folder, 'simulated');
  const { exitCode, stderr } = await simulate(
    ...['--calibrate', workspace.results, '--results', folder],
  );
  expect(stderr).toContain('Nothing was run');
  expect(exitCode).toBe(0);
  const simulated = await workspace.records(folder);
  expect(measured.map(({ status }) => status)).toEqual(Array(POINTS).fill('ok'));
  expect(simulated).toHaveLength(POINTS);
  for (const record of simulated) {
    const { parameters } = record;
    const point = JSON.stringify(parameters);
    const real = measured.find((one) => JSON.stringify(one.parameters) === point)!;
    expect(record.simulated).toBe(true);
    expect(record.frames.map(({ source, frame }) => [source, frame])).toEqual(
      real.frames.map(({ source, frame }) => [source, frame]),
    );
    // Whoever computes them: tiles and parts that are merged, and the frames that they belong to.
    const kinds = ['result', 'output', 'frameTaken'];
    expect(work(record, kinds), point).toEqual(work(real, kinds));
    // Of a piece's way between two edges, halos and so operations depend on where speeds put the cut.
    if (parameters.strategy === 'neighbour' && parameters.edges > 1) continue;
    expect(operations(record), point).toBe(operations(real));
  }
  const tiles = simulated.find(({ parameters }) => parameters.strategy === 'ftp-wst')!;
  expect(work(tiles, []).tiles).toBe(FRAMES * 9);
  expect(await pathExists(join(folder, 'report.html'))).toBe(true);
});

function operations({ nodes }: TrialRecord): number {
  return Object.values(nodes).reduce((sum, node) => sum + node.multiplyAccumulates, 0);
}

test('it is compared with the run that it learnt from, whose points of one edge predict the others', async () => {
  const { exitCode, stdout } = await simulate('--against', workspace.results, '--format', 'json');
  expect(exitCode).toBe(0);
  const { against, simulated } = JSON.parse(stdout) as { against: Against; simulated: string };
  expect(simulated).toContain(workspace.results);
  expect(against.points).toHaveLength(POINTS);
  for (const { parameters, isFitted, ratio, measuredMs } of against.points) {
    expect(isFitted, JSON.stringify(parameters)).toBe(parameters.edges === 1);
    // As the table of the run says it: the prediction stands beside what was measured, not beside itself.
    expect(measuredMs).toBe(latencyOf(parameters));
    // Out by more than that it learnt nothing, however busy the machine was.
    expect(ratio).toBeGreaterThan(1 / 50);
    expect(ratio).toBeLessThan(50);
  }
  const deviations = against.points
    .filter(({ isFitted }) => !isFitted)
    .map(({ ratio }) => Math.abs(ratio - 1))
    .sort((a, b) => a - b);
  expect(deviations).toHaveLength(3);
  expect(against.medianDeviation).toBe(deviations[1]);
  expect(against.largestDeviation).toBe(deviations[2]);
  const text = await simulate('--against', workspace.results);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  expect(text.stdout).toContain(
    `3 points predicted: median deviation ${percent(deviations[1]!)}, largest ${percent(deviations[2]!)}`,
  );
  expect(text.stdout.match(/times are from here/g)).toHaveLength(POINTS - deviations.length);
});

/** Of the middle one of two frames: their mean. */
function latencyOf(parameters: TrialRecord['parameters']): number {
  const wanted = JSON.stringify(parameters);
  const { frames } = measured.find((one) => JSON.stringify(one.parameters) === wanted)!;
  return frames.reduce((sum, { latencyMs }) => sum + latencyMs, 0) / frames.length;
}

test('it has as many edges and frames as somebody asks for', async () => {
  const folder = join(workspace.folder, 'wide');
  const options = ['--edges', '1,20', '--frames', '3', '--results', folder];
  const { exitCode, stderr } = await simulate(...options);
  expect(exitCode, stderr).toBe(0);
  const records = await workspace.records(folder);
  expect(records).toHaveLength(POINTS);
  for (const { parameters, nodes, frames } of records) {
    expect(Object.keys(nodes)).toHaveLength(parameters.edges + 1);
    expect(frames).toHaveLength(3);
  }
  expect(Math.max(...records.map(({ parameters }) => parameters.edges))).toBe(20);
});

test.each([
  [['--edges', '0'], 'a whole number from 1 is wanted'],
  [['--edges', '20000'], 'at most 10000 edges'],
  [['--frames', 'some'], 'a whole number from 1 is wanted'],
  [['--against', 'nowhere'], 'is no results folder: it has no manifest.json'],
  [['--testbed', 'nowhere.yaml'], 'nowhere.yaml'],
])('%j ends with 2 and says what is wrong', async (options, says) => {
  const { exitCode, stdout, stderr } = await simulate(...options);
  expect(stdout).toBe('');
  expect(stderr).toContain(says);
  expect(exitCode).toBe(2);
});

test('nothing is learnt from a simulation, and results are not written over', async () => {
  const folder = join(workspace.folder, 'learnt-from');
  await simulate('--results', folder);
  const learning = await simulate('--calibrate', folder);
  expect(learning.stderr).toContain(`no times can be taken from ${folder}`);
  expect(learning.exitCode).toBe(2);
  const over = await simulate('--results', folder);
  expect(over.stderr).toContain(`${folder} holds the results of ${POINTS} trials`);
  expect(over.exitCode).toBe(2);
});
