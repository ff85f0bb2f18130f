/** A slow device made of this machine: calibrated, run twice as fast as real, and reported in its own time. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tilebed } from '../support/cli.ts';
import { withoutCgroups } from '../support/require.ts';
import { Workspace } from '../support/workspace.ts';

const TESTBED = `timeScale: 2
devices: { snail: { plainSeconds: 4 } }
network: { subnet: 10.35.40.0/24 }
nodes:
  gateway: { role: gateway, address: 10.35.40.2 }
  edge0: { role: edge, address: 10.35.40.3, device: snail }
`;
const EXPERIMENT = `frames: { count: 1, sources: [edge0] }
matrix: { grid: [2x2], fusedLayers: [6] }
`;

describe.skipIf(withoutCgroups)('an emulated device', () => {
  test('is calibrated, recorded, left again, and reported in its own time', async () => {
    const home = await mkdtemp(join(tmpdir(), 'tilebed-home-'));
    await using workspace = await Workspace.make('local');
    await workspace.writeTestbed(TESTBED);
    await workspace.writeExperiment(EXPERIMENT);
    const env = { TILEBED_HOME: home };
    const argv = ['run', workspace.experiment, '--results', workspace.results, '--format', 'json'];
    const { exitCode, stdout, stderr } = await tilebed(argv, { env });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });

    const manifest = await workspace.manifest();
    expect(manifest.timeScale).toBe(2);
    expect(Object.keys(manifest.emulation!)).toEqual(['edge0']);
    const { device, targetMs, cpuQuota, verifiedMs } = manifest.emulation!['edge0']!;
    expect({ device, targetMs }).toEqual({ device: 'snail', targetMs: 2000 });
    expect(cpuQuota).toBeLessThan(1);
    expect(verifiedMs).toBeGreaterThan(1000);

    const [record] = await workspace.records();
    const { summary } = JSON.parse(stdout) as {
      summary: { points: { makespanMs: { median: number } }[] };
    };
    expect(summary.points[0]!.makespanMs.median).toBeCloseTo(2 * record!.makespanMs!, 3);

    // It is known now: nothing is measured again, and the quota found then stands in the manifest.
    const kept = JSON.parse(await readFile(join(home, 'calibration.json'), 'utf8')) as unknown[];
    expect(kept).toEqual([expect.objectContaining({ targetMs: 2000, cpuQuota })]);
    await rm(home, { recursive: true });
  }, 120_000);

  test('a machine that is slower than the device says so before anything is made', async () => {
    await using workspace = await Workspace.make('local');
    await workspace.writeTestbed(TESTBED.replace('plainSeconds: 4', 'plainSeconds: 0.0001'));
    await workspace.writeExperiment(EXPERIMENT);
    const { exitCode, stderr } = await tilebed(['run', workspace.experiment]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('give the testbed a smaller timeScale');
  }, 60_000);
});
