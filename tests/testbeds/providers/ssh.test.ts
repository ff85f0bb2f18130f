/** The provider `ssh` keeps the contract, on machines that are namespaces with a real SSH server each. */
import { afterAll, beforeAll, describe } from 'vitest';
import { tryCommand } from '../../../harness/machine/command.ts';
import { findControlGroups, groupsWithPrefix } from '../../../harness/machine/control-groups.ts';
import { ownedProcesses } from '../../../harness/machine/owned-processes.ts';
import { ownNames } from '../../../harness/providers/ssh/hosts.ts';
import { receiverName } from '../../../harness/providers/ssh/links.ts';
import { withoutNetns, withoutSshd } from '../../support/require.ts';
import { SshFleet } from '../../support/ssh-fleet.ts';
import { providerContract } from './contract.ts';

const SUBNETS = ['10.32.10', '10.32.11'] as const;
const HOSTS = [2, 3, 4, 9];

describe.skipIf(withoutSshd || withoutNetns)('machines with an SSH server', () => {
  let fleet: SshFleet;
  beforeAll(async () => {
    fleet = await SshFleet.start({ name: 'tbssh', subnets: SUBNETS, hosts: HOSTS });
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  providerContract({
    name: 'ssh',
    block: () => fleet.block(),
    subnets: SUBNETS,
    able: ['pin', 'quota', 'memory', 'shape', 'freeze', 'slow', 'cut'],
    remains,
    processes: ownedProcesses,
  });

  async function nodesOf(stateFolder: string): Promise<readonly string[]> {
    const { folder } = ownNames({ stateFolder });
    const own = folder.slice('/var/tmp/'.length);
    const lists = SUBNETS.flatMap((subnet) =>
      HOSTS.map((host) => fleet.names(`${subnet}.${host}`, `${own}/nodes`)),
    );
    return (await Promise.all(lists)).flat();
  }

  async function remains(stateFolder: string): Promise<readonly string[]> {
    const names = ownNames({ stateFolder });
    const groups = await groupsWithPrefix(await findControlGroups(), `tilebed-${names.id}`);
    const processes = await ownedProcesses(stateFolder);
    const links: string[] = [];
    for (const subnet of SUBNETS) {
      for (const host of HOSTS) {
        const inside = ['ip', '-n', fleet.namespace(`${subnet}.${host}`), 'link', 'show'];
        const { exitCode } = await tryCommand([...inside, receiverName(names)]);
        if (exitCode === 0) links.push(`link of ${subnet}.${host}`);
      }
    }
    return [...(await nodesOf(stateFolder)), ...groups, ...processes.map(String), ...links];
  }
});
