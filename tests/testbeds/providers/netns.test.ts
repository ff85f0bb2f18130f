/** The provider `netns` keeps the contract, and what only namespaces promise. */
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../../harness/machine/command.ts';
import { ownedProcesses } from '../../../harness/machine/owned-processes.ts';
import { netnsProvider } from '../../../harness/providers/netns/provider.ts';
import { tilebed } from '../../support/cli.ts';
import { remainsOfNamespaces } from '../../support/remains.ts';
import { withoutNetns } from '../../support/require.ts';
import { Workspace } from '../../support/workspace.ts';
import { providerContract } from './contract.ts';
import { threeNodes } from './provider-under-test.ts';
import { upTestbed } from './up-testbed.ts';

const here = await netnsProvider.capabilities();
const SUBNETS = ['10.91.20', '10.91.21'] as const;

describe.skipIf(withoutNetns)('on this machine', () => {
  providerContract({
    name: 'netns',
    subnets: SUBNETS,
    able: [
      ...(['pin', 'quota', 'memory', 'shape', 'freeze', 'slow', 'cut'] as const),
      ...(here.has('delay') ? (['delay'] as const) : []),
    ],
    remains: remainsOfNamespaces,
    processes: ownedProcesses,
  });

  describe('a namespace', () => {
    const testbed = upTestbed({ name: 'netns' }, threeNodes(SUBNETS[0]));

    test('has its node’s host name, and only its own links', async () => {
      const { transport } = testbed.node('edge1');
      expect((await transport.exec(['uname', '-n'])).stdout).toBe('edge1\n');
      const { stdout } = await transport.exec(['ip', '-json', 'address', 'show']);
      const links = JSON.parse(stdout) as { ifname: string; addr_info: { local: string }[] }[];
      expect(links.map(({ ifname }) => ifname)).toEqual(['lo', 'eth0']);
      expect(links[1]!.addr_info.map(({ local }) => local)).toContain(`${SUBNETS[0]}.4`);
    });

    test('this machine’s own host name stays', async () => {
      const before = await runCommand(['uname', '-n']);
      await testbed.node('edge0').transport.exec(['true']);
      expect(await runCommand(['uname', '-n'])).toBe(before);
    });
  });

  test('a subnet that this machine has already is refused, and by whom it is had is told', async () => {
    await using first = await Workspace.make('netns');
    await using second = await Workspace.make('netns');
    await first.writeTestbed(threeNodes(SUBNETS[0]));
    await second.writeTestbed(threeNodes(SUBNETS[0]));
    expect((await tilebed(['up', first.testbed])).exitCode).toBe(0);
    const { exitCode, stderr } = await tilebed(['up', second.testbed]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${SUBNETS[0]}.0/24 overlaps with ${SUBNETS[0]}.254/24`);
    expect(stderr).toContain(`take down the testbed of ${first.state}`);
    expect(await remainsOfNamespaces(second.state)).toEqual([]);
  });
});
