/** The very experiment of local nodes on machines over SSH: what is found is the same to the last bit. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrialRecord } from '../../harness/results/format.ts';
import { tilebed } from '../support/cli.ts';
import { found } from '../support/found.ts';
import { withoutNetns, withoutSshd } from '../support/require.ts';
import { SshFleet } from '../support/ssh-fleet.ts';
import { Workspace } from '../support/workspace.ts';

const SUBNET = '10.32.12';
const TESTBED = `network: { subnet: ${SUBNET}.0/24 }
nodes:
  gateway: { role: gateway, address: ${SUBNET}.2 }
  edge0: { role: edge, address: ${SUBNET}.3, cpus: [0] }
  edge1: { role: edge, address: ${SUBNET}.4 }
`;
const EXPERIMENT = `frames: { count: 2, sources: [edge0, edge1] }
matrix: { grid: [3x2], fusedLayers: [6] }
threshold: 0.05
`;

async function runOn(workspace: Workspace): Promise<readonly TrialRecord[]> {
  await workspace.writeTestbed(TESTBED);
  await workspace.writeExperiment(EXPERIMENT);
  const argv = ['run', workspace.experiment, '--results', workspace.results, '--quiet'];
  const { exitCode, stderr } = await tilebed(argv);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return workspace.records();
}

describe.skipIf(withoutSshd || withoutNetns)('machines over SSH', () => {
  let fleet: SshFleet;
  beforeAll(async () => {
    fleet = await SshFleet.start({ name: 'tbsshr', subnets: [SUBNET], hosts: [2, 3, 4] });
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  test('an experiment finds what it finds on local nodes', async () => {
    await using local = await Workspace.make('local');
    await using ssh = await Workspace.make('ssh', fleet.block());
    const here = await runOn(local);
    const there = await runOn(ssh);
    expect(there.map(({ status }) => status)).toEqual(['ok']);
    expect(there.flatMap(({ frames }) => frames)).toHaveLength(4);
    expect(there.map(found)).toEqual(here.map(found));
    expect((await ssh.manifest()).nodes['edge0']).toMatchObject({ hostname: 'pi-3', cpus: [0] });
  });

  test('everything that is wrong with machines is told at once', async () => {
    await using workspace = await Workspace.make('ssh', fleet.block());
    await workspace.writeTestbed(
      TESTBED.replace(`${SUBNET}.4 }`, `${SUBNET}.9 }`).replace('cpus: [0]', 'cpus: [999]'),
    );
    const unreachable = await tilebed(['up', workspace.testbed]);
    expect(unreachable.exitCode).toBe(1);
    expect(unreachable.stderr).toMatch(
      /edge1: cannot reach root@10.32.12.9: it does not answer[\s\S]*is it powered/,
    );
    const hosts = `  hosts: { edge1: { address: ${SUBNET}.4 } }\n`;
    await using other = await Workspace.make('ssh', fleet.block(hosts));
    await other.writeTestbed(
      TESTBED.replace(`${SUBNET}.4 }`, `${SUBNET}.9 }`).replace('cpus: [0]', 'cpus: [999]'),
    );
    const { stderr } = await tilebed(['up', other.testbed]);
    expect(stderr).toContain('edge0: is to be pinned to CPU 999, but has CPUs 0 to ');
    expect(stderr).toContain(
      `edge1: the machine does not have the address ${SUBNET}.9; it has ${SUBNET}.4/24`,
    );
  });

  test('`doctor` and `up` show all machines in one table, and mark what will not do', async () => {
    await using workspace = await Workspace.make('ssh', fleet.block());
    await workspace.writeTestbed(TESTBED);
    const well = await tilebed(['doctor', workspace.testbed]);
    expect(well.exitCode).toBe(0);
    expect(well.stdout).toMatch(/^machines +works$/m);
    for (const node of ['gateway +root@10.32.12.2', 'edge1 +root@10.32.12.4']) {
      expect(well.stdout).toMatch(new RegExp(`^${node} .*GB.* (ok|ok, but)$`, 'm'));
    }
    expect((await tilebed(['up', workspace.testbed])).stderr).toMatch(/^edge0 +root@.* GB/m);
    await tilebed(['down', workspace.testbed]);

    const wrong = TESTBED.replace(`${SUBNET}.4 }`, `${SUBNET}.9 }`).replace('[0]', '[999]');
    await workspace.writeTestbed(wrong);
    const { exitCode, stdout } = await tilebed(['doctor', workspace.testbed]);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^edge0 +root@10.32.12.3 .* WILL NOT DO$/m);
    expect(stdout).toContain('no  edge0: is to be pinned to CPU 999');
    expect(stdout).toMatch(/^edge1 +root@10.32.12.9 .* NOT REACHED$/m);
    expect(stdout).toMatch(/^no {2}edge1: .*does not answer\n +to mend it: is it powered/m);
  });
});
