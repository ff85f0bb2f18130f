/** Experiments on local nodes, from the file to the records: real processes, connections and faults. */
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ownedProcesses } from '../harness/machine/owned-processes.ts';
import type { Manifest } from '../harness/results/format.ts';
import { tilebed } from './support/cli.ts';
import { eventually, listening, noProcessesOf } from './support/processes.ts';
import { withoutCgroups } from './support/require.ts';
import { Workspace } from './support/workspace.ts';

/** Long enough for something to happen in the middle: some seconds on one CPU. */
const LONG = `frames: { count: 150, sources: [edge0] }
matrix: { grid: [4x4], fusedLayers: [6] }
warmup: 0
timeout: 1m
threshold: 0.9
`;

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.make();
  await workspace.writeTestbed();
});
afterEach(() => workspace[Symbol.asyncDispose]());

describe('a run', () => {
  test('brings the testbed up, records everything, reports, and leaves it down', async () => {
    await workspace.writeExperiment(`frames: { count: 3, sources: [edge0, edge1] }
matrix: { edges: [2], grid: [1x1, 3x2], fusedLayers: [6] }
repeat: 2
threshold: 0.05
`);
    const { exitCode, stdout, stderr } = await workspace.run();
    expect(stderr).toContain('weights are synthetic: detections will mean nothing');
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`report: ${workspace.results}/report.html`);
    const records = await workspace.records();
    expect(records.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(records.map(({ order }) => order)).toEqual([0, 1, 2, 3]);
    for (const { frames, nodes, parameters, makespanMs } of records) {
      expect(frames.map(({ source, frame }) => `${source}/${frame}`)).toEqual([
        'edge0/0',
        'edge0/1',
        'edge0/2',
        'edge1/0',
        'edge1/1',
        'edge1/2',
      ]);
      const tiles = parameters.grid === '1x1' ? 1 : 6;
      const computed = Object.values(nodes).reduce((sum, node) => sum + node.tilesComputed, 0);
      expect(computed).toBe(6 * tiles);
      for (const { latencyMs } of frames) expect(latencyMs).toBeLessThanOrEqual(makespanMs!);
    }
    // The grid changes nothing about what is found, to the last bit.
    const found = new Set(
      records.map(({ frames }) => JSON.stringify(frames.map(({ detections }) => detections))),
    );
    expect(found.size).toBe(1);
    expect(records[0]!.frames.some(({ detections }) => detections.length > 0)).toBe(true);
    const manifest = JSON.parse(
      await readFile(join(workspace.results, 'manifest.json'), 'utf8'),
    ) as Manifest;
    expect(Object.keys(manifest.nodes)).toEqual(['gateway', 'edge0', 'edge1']);
    expect(manifest.nodes['edge0']).toMatchObject({ address: '127.77.0.3', cpus: [0] });
    expect(manifest.endedAt).toBeDefined();
    // All nodes of one machine share its clock.
    expect(Math.abs(manifest.clockOffsets!['edge0']!.offsetMs)).toBeLessThan(50);
    expect(Object.keys(manifest.clockOffsets!)).toContain('edge1');
    expect(await readdir(join(workspace.results, 'traces'))).toHaveLength(4);
    const outputs = await readdir(join(workspace.results, 'outputs'));
    expect(outputs).toHaveLength(2);
    await access(join(workspace.results, 'outputs', outputs[0]!, 'edge0-2.jpg'));
    await access(join(workspace.results, 'report.html'));
    await expect(access(workspace.state)).rejects.toThrow('ENOENT');
  });

  test('leaves a testbed up that was up, and its logs to be read', async () => {
    await workspace.writeExperiment(
      'frames: { count: 1 }\nmatrix: { grid: [2x2], fusedLayers: [6] }\n',
    );
    await tilebed(['up', workspace.testbed]);
    expect((await workspace.run('--quiet')).exitCode).toBe(0);
    const report = await tilebed(['report', workspace.results, '--format', 'json']);
    expect(report).toMatchObject({ exitCode: 0, stdout: `${workspace.results}/report.json` });
    const { stdout } = await tilebed(['logs', workspace.testbed, 'gateway']);
    expect(stdout).toContain('gateway: starting as gateway');
    const again = await tilebed(['up', workspace.testbed]);
    expect(again.stdout).toBe('test is up already: nothing to change');
  });

  test('in the clear, as in the papers, where the testbed asks for it', async () => {
    await workspace.writeTestbed(`security: none
network: { subnet: 10.77.0.0/24 }
nodes:
  gateway: { role: gateway, address: 10.77.0.2 }
  edge0: { role: edge, address: 10.77.0.3 }
`);
    await workspace.writeExperiment(
      'frames: { count: 2 }\nmatrix: { grid: [2x2], fusedLayers: [6] }\n',
    );
    expect((await workspace.run('--quiet')).exitCode).toBe(0);
    expect((await workspace.records()).map(({ status }) => status)).toEqual(['ok']);
  });

  test('a dry run shows the trials and makes nothing', async () => {
    await workspace.writeExperiment(
      'frames: { count: 1 }\nmatrix: { edges: [1, 2], grid: [2x2], fusedLayers: [6] }\nrepeat: 2\n',
    );
    const { exitCode, stdout } = await workspace.run('--dry-run', '--format', 'json');
    expect(exitCode).toBe(0);
    const planned = JSON.parse(stdout) as { trial: string; repetition: number }[];
    expect(planned.map(({ repetition }) => repetition)).toEqual([1, 1, 2, 2]);
    expect(new Set(planned.map(({ trial }) => trial)).size).toBe(2);
    await expect(access(workspace.results)).rejects.toThrow('ENOENT');
  });

  test('does not mix its results with others', async () => {
    await workspace.writeExperiment(
      'frames: { count: 1 }\nmatrix: { grid: [2x2], fusedLayers: [6] }\n',
    );
    await workspace.run('--quiet');
    const second = await workspace.run();
    expect(second.exitCode).toBe(2);
    expect(second.stderr).toContain('holds the results of 1 trials');
    const resumed = await workspace.run('--resume');
    expect(resumed.exitCode).toBe(0);
    expect(resumed.stderr).toContain('1 trials were done already');
    expect(await workspace.records()).toHaveLength(1);
    const more = await workspace.run('--resume', '--repeat', '2');
    expect(more.exitCode).toBe(0);
    expect((await workspace.records()).map(({ repetition }) => repetition)).toEqual([1, 2]);
  });
});

describe('faults', () => {
  test('killing an edge in the middle of a trial loses no frame', async () => {
    await workspace.writeExperiment(`${LONG}faults: [{ at: 200ms, kill: edge1 }]\n`);
    const { exitCode } = await workspace.run('--quiet');
    expect(exitCode).toBe(0);
    const [record] = await workspace.records();
    expect(record).toMatchObject({ status: 'degraded', lostFrames: [] });
    expect(record!.reasons!.join()).toContain('edge1 was lost');
    expect(record!.frames).toHaveLength(150);
    expect(record!.nodes['edge0']!.tilesComputed).toBeGreaterThan(0);
    expect(record!.nodes['edge1']).toBeUndefined();
  });

  test('killing a source loses its frames only, and names them', async () => {
    await workspace.writeExperiment(
      `${LONG.replace('[edge0]', '[edge0, edge1]')}faults: [{ at: 200ms, kill: edge1 }]\n`,
    );
    expect((await workspace.run('--quiet')).exitCode).toBe(0);
    const [record] = await workspace.records();
    expect(record!.status).toBe('degraded');
    const own = record!.frames.filter(({ source }) => source === 'edge0');
    expect(own).toHaveLength(150);
    expect(record!.lostFrames.length).toBeGreaterThan(0);
    expect(record!.lostFrames.every(({ source }) => source === 'edge1')).toBe(true);
    expect(record!.frames.length + record!.lostFrames.length).toBe(300);
  });

  test('killing the gateway fails the trial, keeps the record, and the next one runs', async () => {
    await workspace.writeExperiment(
      `${LONG.replace('[4x4]', '[4x4, 2x2]')}faults: [{ at: 300ms, kill: gateway }]\n`,
    );
    const { exitCode, stdout } = await workspace.run('--quiet');
    expect(exitCode).toBe(1);
    const records = await workspace.records();
    expect(records.map(({ status }) => status)).toEqual(['failed', 'failed']);
    for (const { error } of records) {
      expect(error).toMatch(/^gateway was ended by SIGKILL, with \d+ of 150 frames done$/);
    }
    expect(stdout.match(/1 failed/g)).toHaveLength(2);
    await noProcessesOf(workspace.state);
  });

  test('a trial that takes too long is failed and ended', async () => {
    await workspace.writeExperiment(
      LONG.replace('timeout: 1m', 'timeout: 3s').replace('150', '100000'),
    );
    const { exitCode } = await workspace.run('--quiet');
    expect(exitCode).toBe(1);
    const [record] = await workspace.records();
    expect(record!.error).toMatch(/^timed out after 3 s, with \d+ of 100000 frames done$/);
    await noProcessesOf(workspace.state);
  });

  test.skipIf(withoutCgroups)('a node without the memory to start is named', async () => {
    await workspace.writeTestbed(`network: { subnet: 10.77.0.0/24 }
nodes:
  gateway: { role: gateway, address: 10.77.0.2 }
  edge0: { role: edge, address: 10.77.0.3, memory: 4MiB }
`);
    await workspace.writeExperiment(
      'frames: { count: 1 }\nmatrix: { grid: [2x2], fusedLayers: [6] }\n',
    );
    const { exitCode, stderr } = await workspace.run();
    expect(exitCode).toBe(1);
    expect(stderr).toContain('on edge0: ended by SIGKILL');
    expect(stderr).toContain('its memory limit may be too low');
    await expect(access(workspace.state)).rejects.toThrow('ENOENT');
  });
});

describe('interruption', () => {
  test('Ctrl-C ends everything, keeps what is done, and --resume does the rest', async () => {
    await workspace.writeExperiment(
      `${LONG.replace('150', '20').replace('[4x4]', '[1x1, 2x2, 4x4]')}repeat: 2\n`,
    );
    const child = workspace.startRun();
    await eventually('a first record', () => workspace.records().catch(() => undefined), 60_000);
    await eventually(
      'the next trial',
      async () => (await ownedProcesses(workspace.state)).length >= 3,
    );
    child.kill('SIGINT');
    const { exitCode, stderr } = await child;
    expect(exitCode).toBe(130);
    expect(stderr).toContain('interrupted: cleaning up');
    await noProcessesOf(workspace.state);
    await expect(access(workspace.state)).rejects.toThrow('ENOENT');
    const before = await workspace.records();
    expect(before.length).toBeLessThan(6);
    expect((await workspace.run('--resume', '--quiet')).exitCode).toBe(0);
    const after = await workspace.records();
    expect(after.slice(0, before.length)).toEqual(before);
    expect(new Set(after.map(({ trial, repetition }) => `${trial}-${repetition}`)).size).toBe(6);
    expect(after).toHaveLength(6);
  });

  test('no role outlives a harness that was killed', async () => {
    await workspace.writeExperiment(LONG);
    const child = workspace.startRun();
    await eventually(
      'the sockets',
      async () => (await listening('127.77.0.')).length === 3,
      60_000,
    );
    child.kill('SIGKILL');
    await child;
    await noProcessesOf(workspace.state);
    const { exitCode } = await tilebed(['down', workspace.testbed]);
    expect(exitCode).toBe(0);
    await expect(access(workspace.state)).rejects.toThrow('ENOENT');
  });
});
