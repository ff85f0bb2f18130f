/** A machine whose link is shaped takes that back by itself, when it has not heard of its harness for long. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand, tryCommand } from '../../harness/machine/command.ts';
import { ownNames } from '../../harness/providers/ssh/hosts.ts';
import { receiverName } from '../../harness/providers/ssh/links.ts';
import { startTilebed, tilebed } from '../support/cli.ts';
import { eventually } from '../support/processes.ts';
import { withoutNetns, withoutSshd } from '../support/require.ts';
import { SshFleet } from '../support/ssh-fleet.ts';
import { Workspace } from '../support/workspace.ts';

const SUBNET = '10.33.45';
const TESTBED = `network: { subnet: ${SUBNET}.0/24 }
nodes:
  gateway: { role: gateway, address: ${SUBNET}.2 }
  edge0: { role: edge, address: ${SUBNET}.3, link: { rate: 8mbit } }
`;
const RESET_MS = 6000;

describe.skipIf(withoutSshd || withoutNetns)('the shaped link of a machine over SSH', () => {
  let fleet: SshFleet;
  let workspace: Workspace;
  beforeAll(async () => {
    fleet = await SshFleet.start({ name: 'tbshp', subnets: [SUBNET], hosts: [2, 3] });
    workspace = await Workspace.make('ssh', fleet.block(`  linkReset: ${RESET_MS / 1000}s\n`));
    await workspace.writeTestbed(TESTBED);
  });
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const namespace = () => fleet.namespace(`${SUBNET}.3`);
  /** What it sends, and what it receives. */
  async function shaped(): Promise<readonly boolean[]> {
    const { stdout } = await tryCommand(['tc', '-n', namespace(), 'qdisc', 'show', 'dev', 'eth0']);
    const receiver = receiverName(ownNames({ stateFolder: workspace.state }));
    const { exitCode } = await tryCommand(['ip', '-n', namespace(), 'link', 'show', receiver]);
    return [stdout.includes('htb'), exitCode === 0];
  }
  const isFree = () =>
    eventually('its end', async () => !(await shaped()).includes(true), 4 * RESET_MS);
  const up = () => tilebed(['up', workspace.testbed]);

  test('stays while a harness works there, and ends by itself when that is killed', async () => {
    expect(await up()).toMatchObject({ exitCode: 0 });
    expect(await shaped()).toEqual([true, true]);
    const harness = startTilebed(['exec', workspace.testbed, 'gateway', '--', 'sleep', '600']);
    const end = performance.now() + 2 * RESET_MS;
    await eventually('its time', () => performance.now() > end, 3 * RESET_MS);
    expect(await shaped()).toEqual([true, true]);
    harness.kill('SIGKILL');
    await harness;
    await isFree();
    // Nobody was ever kept out, and what has been taken back is made again.
    const reached = await tilebed(['exec', workspace.testbed, 'edge0', '--', 'true']);
    expect(reached.exitCode).toBe(0);
    expect((await up()).stderr).toContain('shape the link of edge0: done');
    expect(await shaped()).toEqual([true, true]);
  });

  test('ends after an up that was killed as well', async () => {
    await tilebed(['down', workspace.testbed]);
    const harness = startTilebed(['up', workspace.testbed]);
    await eventually('the shaping', async () => {
      const { stdout } = await tryCommand(['tc', '-n', namespace(), 'qdisc', 'show']);
      return stdout.includes('htb');
    });
    harness.kill('SIGKILL');
    await harness;
    await isFree();
  });

  test('leaves no guard behind after down', async () => {
    await up();
    await tilebed(['down', workspace.testbed]);
    await eventually('the end of guards', async () => {
      const ids = (await runCommand(['ip', 'netns', 'pids', namespace()])).split('\n');
      const texts = await Promise.all(
        ids.filter(Boolean).map((id) => tryCommand(['cat', `/proc/${id}/cmdline`])),
      );
      return texts.every(({ stdout }) => !stdout.includes('link-guard'));
    });
  });
});
