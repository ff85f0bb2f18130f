/** The very experiment of local nodes on containers: what is found is the same to the last bit. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Calibration, cpuModel } from '../../harness/emulation/calibration.ts';
import type { Manifest, Trace, TrialRecord } from '../../harness/results/format.ts';
import { tracePath } from '../../harness/results/layout.ts';
import { median } from '../../runtime/quantiles.ts';
import { tilebed } from '../support/cli.ts';
import { useEngine } from '../support/docker-engine.ts';
import { found } from '../support/found.ts';
import { withoutDocker } from '../support/require.ts';
import { Workspace } from '../support/workspace.ts';

const EXPERIMENT = `frames: { count: 3, sources: [edge0, edge1] }
matrix: { grid: [1x1, 3x2], fusedLayers: [6] }
threshold: 0.05
`;
const TESTBED = `network: { subnet: 10.31.40.0/24 }
nodes:
  gateway: { role: gateway, address: 10.31.40.2 }
  edge0: { role: edge, address: 10.31.40.3, cpus: [0], memory: 512MiB }
  edge1: { role: edge, address: 10.31.40.4 }
`;

async function runOn(
  workspace: Workspace,
  lines: string,
  results = workspace.results,
): Promise<readonly TrialRecord[]> {
  await workspace.writeTestbed(TESTBED);
  await workspace.writeExperiment(lines);
  const argv = ['run', workspace.experiment, '--results', results, '--quiet'];
  const { exitCode, stderr } = await tilebed(argv);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return workspace.records(results);
}

describe.skipIf(withoutDocker)('an experiment on containers', () => {
  useEngine();

  test('finds what it finds on local nodes', async () => {
    await using local = await Workspace.make('local');
    await using docker = await Workspace.make('docker');
    const here = await runOn(local, EXPERIMENT);
    const there = await runOn(docker, EXPERIMENT);
    expect(there.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(
      there.flatMap(({ frames }) => frames.flatMap(({ detections }) => detections)),
    ).not.toEqual([]);
    // Detections do not depend on the grid, so the order of trials does not matter.
    expect(new Set([...here.map(found), ...there.map(found)]).size).toBe(1);
    const text = await readFile(join(docker.results, 'manifest.json'), 'utf8');
    expect((JSON.parse(text) as Manifest).nodes['edge0']).toMatchObject({
      hostname: 'edge0',
      address: '10.31.40.3',
      cpus: [0],
      memoryLimitBytes: 512 * 2 ** 20,
    });
  });

  test('paces a node that is to be as slow as a device, and no other', async () => {
    await using workspace = await Workspace.make('docker');
    const calibration: Calibration = {
      cpuModel: cpuModel(),
      engine: 'onnxruntime 1.21.1',
      targetMs: 12_000,
      cpuQuota: 0.02,
      fullSpeedMs: 240,
      verifiedMs: 12_000,
      measuredAt: '2026-11-25T16:00:00.000Z',
    };
    await writeFile(join(workspace.folder, 'calibration.json'), JSON.stringify([calibration]));
    await workspace.writeTestbed(
      `devices: { snail: { plainSeconds: 12, otherTimes: 1 } }\n${TESTBED}`.replace(
        '10.31.40.3,',
        '10.31.40.3, device: snail,',
      ),
    );
    await workspace.writeExperiment(`frames: { count: 3, sources: [edge0, edge1] }
matrix: { strategy: [local], fusedLayers: [6] }
`);
    const argv = ['run', workspace.experiment, '--results', workspace.results, '--quiet'];
    const ended = await tilebed(argv, { env: { TILEBED_HOME: workspace.folder } });
    expect(ended).toMatchObject({ exitCode: 0 });

    const { cpuQuota, targetMs } = calibration;
    const { emulation } = await workspace.manifest();
    expect(emulation).toEqual({
      edge0: expect.objectContaining({ device: 'snail', targetMs, cpuQuota }),
    });
    const [record] = await workspace.records();
    const trace = await readFile(tracePath(workspace.results, record!), 'utf8');
    const { spans } = JSON.parse(trace) as Trace;
    const computeMs = (name: string) =>
      median(
        spans
          .filter(({ node, kind }) => node === name && kind === 'compute')
          .map(({ startMs, endMs }) => endMs - startMs),
      );
    // Fifty times: however busy the machine is, much of it shows.
    expect(computeMs('edge0') / computeMs('edge1')).toBeGreaterThan(10);
  });

  test('goes on when a container is frozen, cut off or killed in its midst', async () => {
    await using workspace = await Workspace.make('docker');
    for (const verb of ['freeze', 'cut', 'kill']) {
      const records = await runOn(
        workspace,
        `frames: { count: 4, sources: [edge0] }
matrix: { grid: [3x3], fusedLayers: [6] }
warmup: 0
faults: [ { at: 300ms, ${verb}: edge1 } ]
`,
        join(workspace.folder, verb),
      );
      const last = records.at(-1)!;
      expect(last.frames).toHaveLength(4);
      expect(last.lostFrames).toEqual([]);
    }
  });
});
