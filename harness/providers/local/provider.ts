/**
 * Nodes as processes of this machine. A node is a folder, a loopback address and limits; processes
 * live in it only while something runs.
 */
import { tryCommand } from '../../machine/command.ts';
import { enterGroups, findControlGroups, type GroupLimits } from '../../machine/control-groups.ts';
import { MachineNodeFaults } from '../../machine/node-faults.ts';
import {
  checkCpus,
  limitSettings,
  nodeFolder,
  nodeSteps,
  ownPrefix,
  removeNodes,
} from '../../machine/node-steps.ts';
import { ownerMark } from '../../machine/owned-processes.ts';
import { machineOwners, ownerIdIn } from '../../machine/owners.ts';
import type { TestbedNode } from '../../spec/resolved.ts';
import { LocalTransport } from '../../transports/local.ts';
import type {
  Capability,
  Provider,
  ProviderContext,
  ProvisionedNode,
  Requirement,
  Step,
} from '../provider.ts';
import { chainNames, PacketFilter, packetFilterProblem } from './packet-filter.ts';

export const localProvider: Provider = {
  name: 'local',
  lenient: new Set<Capability>(['memory']),
  addressNote: 'a.b.c.d of the testbed is 127.b.c.d on this machine',

  async capabilities() {
    const able = new Set<Capability>(['freeze']);
    const { roots } = await findControlGroups();
    if (await canPin()) able.add('pin');
    if (roots.memory !== undefined) able.add('memory');
    if (roots.cpu !== undefined) able.add('quota').add('slow');
    if ((await packetFilterProblem()) === undefined) able.add('cut');
    return able;
  },

  relayAddress: () => '127.0.0.1',

  async requirements() {
    const { roots, problems } = await findControlGroups();
    const filter = await packetFilterProblem();
    const pins = await canPin();
    const requirements: Requirement[] = [
      {
        name: 'taskset',
        ok: pins,
        detail: pins ? 'pins a process to a CPU' : 'not found, or it cannot pin a process to CPU 0',
        ...(pins ? {} : { fix: 'apt-get install util-linux' }),
      },
      {
        name: 'memory limits',
        ok: true,
        detail: problems.memory ?? `control groups in ${roots.memory}`,
      },
      {
        name: 'CPU quotas and slow nodes',
        ok: true,
        detail: problems.cpu ?? `control groups in ${roots.cpu}`,
      },
      {
        name: 'cut nodes',
        ok: true,
        detail: filter === undefined ? 'iptables drops packets' : `not possible: ${filter}`,
        ...(filter === undefined ? {} : { fix: 'apt-get install iptables, and be root' }),
      },
    ];
    return requirements;
  },

  async plan(context) {
    checkCpus(context.testbed.nodes);
    const groups = await findControlGroups();
    return [healingStep(context), ...(await nodeSteps(context, groups, groupLimits))];
  },

  async nodes(context) {
    const groups = await findControlGroups();
    return context.testbed.nodes.map((spec): ProvisionedNode => {
      const address = spec.address.replace(/^\d+/, '127');
      const settings = limitSettings(context, groups, spec, groupLimits);
      return {
        spec,
        address,
        faults: new MachineNodeFaults({
          spec,
          owner: context.stateFolder,
          group: ownPrefix(context) + spec.name,
          cut: () => packetFilter(context).cut(address),
        }),
        folder: nodeFolder(context, spec.name),
        node: process.execPath,
        transport: new LocalTransport({
          launcher: [
            ...(spec.cpus === undefined ? [] : ['taskset', '--cpu-list', spec.cpus.join(',')]),
            ...enterGroups(settings),
          ],
          environment: ownerMark(context.stateFolder, spec.name),
        }),
      };
    });
  },

  async owners() {
    return [...(await machineOwners()), ...(await packetFilterOwners())];
  },

  async down(context) {
    const removed = await removeNodes(context, await findControlGroups());
    if (await packetFilter(context).remove()) removed.push('rules that dropped packets');
    return removed;
  },
};

/** CPUs are pinned by taskset, which any user may do. */
function groupLimits({ cpuQuota, memoryBytes }: TestbedNode): GroupLimits {
  return {
    ...(cpuQuota === undefined ? {} : { cpuQuota }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  };
}

async function canPin(): Promise<boolean> {
  const { exitCode } = await tryCommand(['taskset', '--cpu-list', '0', 'true']);
  return exitCode === 0;
}

function packetFilter(context: ProviderContext): PacketFilter {
  return new PacketFilter(ownPrefix(context).slice(0, -1), context.stateFolder);
}

async function packetFilterOwners() {
  const ids = (await chainNames()).flatMap((name) => ownerIdIn(name) ?? []);
  return ids.map((id) => ({ id }));
}

/** A crash in the middle of a trial leaves the nodes as its faults had them. */
function healingStep(context: ProviderContext): Step {
  const filter = packetFilter(context);
  return {
    title: 'let packets pass that a fault of an earlier run dropped',
    actions: [['remove', `iptables chain ${ownPrefix(context).slice(0, -1)}`]],
    done: async () => !(await filter.exists()),
    apply: async () => {
      await filter.remove();
    },
  };
}
