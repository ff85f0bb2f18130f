/**
 * Nodes that are killed, frozen, slowed, cut off, and come back, in real processes: every frame of a
 * living source is found, and found to be the same as if nothing had happened.
 */
import { access } from 'node:fs/promises';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RecoveryRecord, TrialRecord } from '../harness/results/format.ts';
import { tilebed } from './support/cli.ts';
import { eventually, noProcessesOf } from './support/processes.ts';
import { withoutCgroups, withoutIptables } from './support/require.ts';
import { gatewayAndEdges, Workspace } from './support/workspace.ts';

/** Stealing with reuse, and both ways of dealing: through the gateway, and from edge to edge. */
const STRATEGIES = ['deepthings', 'modnn', 'neighbour'];
/** One of each kind. */
const KINDS = ['ftp-wst', 'neighbour'];
const FRAMES = 120;
/** Frames come at their times, so that a trial lasts as long on any machine: six seconds. */
const EXPERIMENT = `frames: { count: ${FRAMES}, sources: [edge0], rate: 20fps }
warmup: 0
timeout: 1m
threshold: 0.3
liveness: { heartbeat: 200ms, lostAfter: 1s }
`;
const TESTBED = gatewayAndEdges(3, '10.139.0');

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.make();
  await workspace.writeTestbed(TESTBED);
});
afterEach(() => workspace[Symbol.asyncDispose]());

async function runWith(strategy: string, faults: string, rest = EXPERIMENT): Promise<TrialRecord> {
  const matrix = `matrix: { grid: [4x4], fusedLayers: [6], strategy: [${strategy}] }\n`;
  await workspace.writeExperiment(`${rest}${matrix}faults: ${faults}\n`);
  const { stderr } = await workspace.run();
  const [record] = await workspace.records();
  if (record === undefined) throw new Error(stderr);
  return record;
}

function found({ frames }: TrialRecord): string[] {
  return frames.map(({ source, frame, detections }) =>
    JSON.stringify({ source, frame, detections }),
  );
}

/** What the record says of a node, fault by fault. */
function recoveriesOf({ recoveries = [] }: TrialRecord, node: string): RecoveryRecord[] {
  return recoveries.filter((recovery) => recovery.node === node);
}

/** Faults in their order, each no earlier than the one before. */
function expectInOrder(...timesMs: (number | undefined)[]): void {
  for (const [index, timeMs] of timesMs.entries()) {
    if (index === 0) continue;
    expect(timeMs).toBeGreaterThanOrEqual(timesMs[index - 1]!);
  }
}

let inPeace: string[];
beforeAll(async () => {
  workspace = await Workspace.make();
  await workspace.writeTestbed(TESTBED);
  const record = await runWith('ftp-wst', '[]');
  expect(record).toMatchObject({ status: 'ok', lostFrames: [] });
  expect(record.recoveries).toBeUndefined();
  inPeace = found(record);
  expect(record.frames.filter(({ detections }) => detections.length > 0).length).toBeGreaterThan(9);
  await workspace[Symbol.asyncDispose]();
});

describe.each(STRATEGIES)('%s', (strategy) => {
  test('a frozen edge is given up, and does no harm when it goes on', async () => {
    const record = await runWith(strategy, '[{ at: 1s, freeze: edge1, for: 2s }]');
    expect(record).toMatchObject({ status: 'degraded', lostFrames: [] });
    expect(record.reasons).toEqual(['edge1 was lost: sent no heartbeat for 1000 ms']);
    expect(found(record)).toEqual(inPeace);
    const [recovery, ...more] = recoveriesOf(record, 'edge1');
    expect(more).toEqual([]);
    expect(recovery!.fault).toBe('freeze');
    const { atMs, detectedAtMs, endedAtMs, joinedAtMs, recoveredAtMs } = recovery!;
    expectInOrder(atMs, detectedAtMs, endedAtMs, joinedAtMs);
    // A heartbeat is missed, then noticed at the next look.
    expect(detectedAtMs! - atMs).toBeLessThan(2000);
    expect(recoveredAtMs).toBeLessThan(endedAtMs!);
    // It is there again, and reports what it did.
    expect(record.nodes['edge1']!.tilesComputed).toBeGreaterThan(0);
  });

  test('an edge that is killed returns, and another joins in the middle', async () => {
    const record = await runWith(
      strategy,
      '[{ at: 1s, kill: edge1 }, { at: 1500ms, join: edge2 }, { at: 2500ms, return: edge1 }]',
    );
    expect(record).toMatchObject({ status: 'degraded', lostFrames: [] });
    expect(found(record)).toEqual(inPeace);
    const [killed, returned] = recoveriesOf(record, 'edge1');
    expectInOrder(killed!.atMs, killed!.detectedAtMs, killed!.recoveredAtMs, returned!.atMs);
    expectInOrder(returned!.atMs, returned!.joinedAtMs);
    const [joined] = recoveriesOf(record, 'edge2');
    expect(joined!.fault).toBe('join');
    expectInOrder(joined!.atMs, joined!.joinedAtMs);
    for (const name of ['edge1', 'edge2']) {
      expect(record.nodes[name]!.tilesComputed, name).toBeGreaterThan(0);
    }
  });
});

describe.each(KINDS)('%s', (strategy) => {
  test.skipIf(withoutIptables)('an edge that is cut off comes back when it can', async () => {
    const record = await runWith(strategy, '[{ at: 500ms, cut: edge1, for: 2s }]');
    expect(record).toMatchObject({ status: 'degraded', lostFrames: [] });
    expect(found(record)).toEqual(inPeace);
    const [cut] = recoveriesOf(record, 'edge1');
    expectInOrder(cut!.atMs, cut!.detectedAtMs, cut!.endedAtMs, cut!.joinedAtMs);
    expect(record.nodes['edge1']!.tilesComputed).toBeGreaterThan(0);
    expect(await rulesThatDrop()).toEqual([]);
  });

  test('a source that is frozen loses its own frames only, and they are named', async () => {
    const twoSources = EXPERIMENT.replace('[edge0]', '[edge0, edge1]');
    const record = await runWith(strategy, '[{ at: 1s, freeze: edge1 }]', twoSources);
    expect(record.status).toBe('degraded');
    const own = found(record).filter((text) => text.includes('"source":"edge0"'));
    expect(own).toEqual(inPeace);
    expect(record.lostFrames.length).toBeGreaterThan(0);
    expect(new Set(record.lostFrames.map(({ source }) => source))).toEqual(new Set(['edge1']));
    expect(record.frames.length + record.lostFrames.length).toBe(2 * FRAMES);
    await noProcessesOf(workspace.state);
  });
});

test('a frozen gateway fails its trial soon, what is there is kept, and the next trial runs', async () => {
  const matrix = 'matrix: { grid: [4x4, 2x2], fusedLayers: [6], strategy: [ftp-wst] }\n';
  await workspace.writeExperiment(`${EXPERIMENT}${matrix}faults: [{ at: 1s, freeze: gateway }]\n`);
  const { exitCode } = await workspace.run();
  expect(exitCode).toBe(1);
  const records = await workspace.records();
  expect(records.map(({ status }) => status)).toEqual(['failed', 'failed']);
  for (const { error, frames, recoveries } of records) {
    expect(error).toMatch(
      /the gateway was lost: the gateway said nothing for 3000 ms, with \d+ of/,
    );
    expect(frames.length).toBeGreaterThan(0);
    expect(recoveries![0]).toMatchObject({ node: 'gateway', fault: 'freeze' });
  }
  await noProcessesOf(workspace.state);
});

test.skipIf(withoutCgroups)('what passes costs time and nothing else', async () => {
  const faults = [
    '{ at: 500ms, freeze: edge1, for: 500ms }',
    '{ at: 1500ms, freeze: gateway, for: 1500ms }',
    '{ at: 3500ms, slow: edge2, to: 5%, for: 1s }',
  ];
  const record = await runWith('ftp-wst', `[${faults.join(', ')}]`);
  expect(record).toMatchObject({ status: 'ok', lostFrames: [] });
  expect(found(record)).toEqual(inPeace);
  const happened = record.recoveries!.map(({ node, fault }) => `${fault} ${node}`);
  expect(happened).toEqual(['freeze edge1', 'freeze gateway', 'slow edge2']);
  for (const { atMs, endedAtMs, ...rest } of record.recoveries!) {
    expectInOrder(atMs, endedAtMs);
    expect(rest).toMatchObject({ tilesRecomputed: 0 });
    expect(rest.detectedAtMs).toBeUndefined();
  }
});

test('what a trial was too short for is told', async () => {
  const short = EXPERIMENT.replace(`count: ${FRAMES}`, 'count: 10');
  const record = await runWith('ftp-wst', '[{ at: 20s, kill: edge1 }]', short);
  expect(record).toMatchObject({
    status: 'degraded',
    reasons: ['the trial was over before 20000 ms: kill edge1 did not happen'],
  });
});

describe('where a machine cannot drop packets', () => {
  test('an experiment that wants it is refused before anything is started', async () => {
    await workspace.writeExperiment(
      `${EXPERIMENT}matrix: { grid: [4x4], fusedLayers: [6] }\nfaults: [{ at: 1s, cut: edge1 }]\n`,
    );
    // Node.js is found by its own path; nothing else is there.
    const { exitCode, stderr } = await tilebed(
      ['run', workspace.experiment, '--results', workspace.results],
      { env: { PATH: workspace.folder } },
    );
    expect(exitCode).toBe(3);
    expect(stderr).toContain('the provider local cannot do this here: cut edge1 at 1000 ms');
    await expect(access(workspace.results)).rejects.toThrow('ENOENT');
  });
});

describe.skipIf(withoutIptables)('a harness that is killed while an edge is cut off', () => {
  afterAll(async () => expect(await rulesThatDrop()).toEqual([]));

  test.each(['down', 'up'])('%s takes the rules away', async (verb) => {
    const matrix = 'matrix: { grid: [4x4], fusedLayers: [6] }\n';
    await workspace.writeExperiment(`${EXPERIMENT}${matrix}faults: [{ at: 500ms, cut: edge1 }]\n`);
    const child = workspace.startRun();
    await eventually('a cut', async () => (await rulesThatDrop()).length === 2, 30_000);
    child.kill('SIGKILL');
    await child;
    expect(await rulesThatDrop()).toHaveLength(2);
    expect((await tilebed([verb, workspace.testbed])).exitCode).toBe(0);
    expect(await rulesThatDrop()).toEqual([]);
  });
});

/** Rules for addresses of these tests. */
async function rulesThatDrop(): Promise<string[]> {
  const { stdout } = await execa('iptables', ['--wait', '5', '--list-rules'], { reject: false });
  return (stdout ?? '').split('\n').filter((rule) => rule.includes('127.139.0.'));
}
