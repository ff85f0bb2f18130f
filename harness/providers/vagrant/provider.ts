/** Nodes as virtual machines, made by Vagrant with VirtualBox or libvirt and reached over SSH. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TilebedError } from '../../../runtime/errors.ts';
import { pathExists } from '../../path-exists.ts';
import { hostAddress, subnetOf } from '../../spec/addresses.ts';
import type { TestbedNode } from '../../spec/resolved.ts';
import type {
  Capability,
  NodeFaults,
  Provider,
  ProviderContext,
  ProvisionedNode,
} from '../provider.ts';
import type { Hypervisor } from './hypervisor.ts';
import { HYPERVISORS, hypervisorOf } from './hypervisors.ts';
import { machineFolder, machineNode, machineTransport } from './machine-site.ts';
import { machineOwners } from './owners.ts';
import { vagrantSteps } from './plan.ts';
import { vagrantRequirements } from './requirements.ts';
import { ownVagrant, vagrantSettings } from './settings.ts';
import { endVagrants, runVagrant } from './vagrant-command.ts';
import { machineCpus } from './vagrantfile.ts';

export const vagrantProvider: Provider = {
  name: 'vagrant',
  lenient: new Set<Capability>(),

  async capabilities(testbed) {
    const able = new Set<Capability>(['quota', 'memory', 'freeze', 'slow', 'cut']);
    // VirtualBox's machines run where the kernel puts them.
    if (testbed === undefined || vagrantSettings(testbed).hypervisor === 'libvirt') able.add('pin');
    return able;
  },

  relayAddress: ({ testbed }) =>
    vagrantSettings(testbed).hypervisor === 'libvirt'
      ? hostAddress(subnetOf(testbed.subnet), testbed.nodes)
      : undefined,

  requirements: (testbed) => vagrantRequirements(testbed),

  plan: (context) => vagrantSteps(context),

  nodes: (context) =>
    Promise.all(
      context.testbed.nodes.map(
        async (spec): Promise<ProvisionedNode> => ({
          spec,
          address: spec.address,
          transport: await machineTransport(context, spec),
          faults: faultsOf(context, spec),
          folder: machineFolder(context),
          node: machineNode(context),
          ...(isApart(context) ? { apart: true } : {}),
        }),
      ),
    ),

  async down(context) {
    const own = ownVagrant(context);
    const ended = await endVagrants(context);
    const removed = ended.map((id) => `process ${id}`);
    if (await pathExists(join(own.folder, '.vagrant'))) {
      // Vagrant keeps a list of its own. What it cannot remove goes below, whatever it says.
      await runVagrant(context, ['destroy', '--force']).catch((error: unknown) => {
        if (!(error instanceof TilebedError)) throw error;
      });
      removed.push('what Vagrant knew of its machines');
    }
    for (const hypervisor of await hypervisorsToSearch(context)) {
      removed.push(...(await hypervisor.removeAll(own)));
    }
    await rm(own.folder, { recursive: true, force: true });
    return removed;
  },

  owners: machineOwners,
};

/** The file may have named another hypervisor when it came up, or names none where it is gone. */
async function hypervisorsToSearch({ testbed }: ProviderContext): Promise<readonly Hypervisor[]> {
  const there = await Promise.all(HYPERVISORS.map((hypervisor) => hypervisor.isThere()));
  const settings = vagrantSettings(testbed);
  const named = testbed.nodes.length === 0 ? undefined : hypervisorOf(settings);
  if (named !== undefined && there[HYPERVISORS.indexOf(named)] === false) {
    throw new TilebedError('MISSING', `${settings.hypervisor} does not answer on this machine`, {
      hint: '`tilebed doctor` tells what it lacks',
    });
  }
  return HYPERVISORS.filter((_, index) => there[index]);
}

/** VirtualBox's internal networks join machines, and not this one. */
function isApart({ testbed }: ProviderContext): boolean {
  const { hypervisor, hostOnly } = vagrantSettings(testbed);
  return hypervisor === 'virtualbox' && !hostOnly;
}

function faultsOf(context: ProviderContext, spec: TestbedNode): NodeFaults {
  const own = ownVagrant(context);
  const hypervisor = hypervisorOf(vagrantSettings(context.testbed));
  const share = Math.min(1, (spec.cpuQuota ?? Number.POSITIVE_INFINITY) / machineCpus(spec));
  return {
    freeze: () => hypervisor.pause(own, spec.name),
    cut: () => hypervisor.unplug(own, spec.name),
    slow: async (slowed) => {
      await hypervisor.limitCpus(own, spec.name, slowed * share);
      return () => hypervisor.limitCpus(own, spec.name, share);
    },
  };
}
