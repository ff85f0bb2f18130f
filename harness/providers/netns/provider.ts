/**
 * Nodes as network namespaces of this machine, joined by a bridge. Every node has its address, host name
 * and limits; it shares the file system and the numbers of processes with the machine.
 */
import { runCommand, tryCommand } from '../../machine/command.ts';
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
import { endProcesses, ownerMark } from '../../machine/owned-processes.ts';
import { shapingAbilities } from '../../machine/shaping.ts';
import { hostAddress, subnetOf } from '../../spec/addresses.ts';
import type { Testbed, TestbedNode } from '../../spec/resolved.ts';
import { LocalTransport } from '../../transports/local.ts';
import type { Capability, Provider, ProvisionedNode, Step } from '../provider.ts';
import { checkSubnet } from './check-subnet.ts';
import { bridgesAreFiltered, forwardRule } from './firewall.ts';
import { type OwnNames, ownNames, portName } from './names.ts';
import { namespaceOwners } from './owners.ts';
import { namespaceName, networkSteps } from './plan.ts';
import { netnsRequirements } from './requirements.ts';
import { interfacesIn, ownNamespaces, takeSnapshot } from './snapshot.ts';

export const netnsProvider: Provider = {
  name: 'netns',
  lenient: new Set<Capability>(),

  async capabilities() {
    const able = new Set<Capability>(['freeze', 'cut', ...(await shapingAbilities())]);
    const { roots } = await findControlGroups();
    if (roots.cpuset !== undefined) able.add('pin');
    if (roots.cpu !== undefined) able.add('quota').add('slow');
    if (roots.memory !== undefined) able.add('memory');
    return able;
  },

  relayAddress: ({ testbed }) => hostAddress(subnetOf(testbed.subnet), testbed.nodes),

  async requirements() {
    return netnsRequirements(await findControlGroups());
  },

  async plan(context) {
    const { testbed } = context;
    checkCpus(testbed.nodes);
    const names = ownNames(context);
    const snapshot = await takeSnapshot(names);
    checkSubnet(testbed, names, snapshot);
    const filtered = await bridgesAreFiltered();
    const network = networkSteps(testbed, {
      names,
      snapshot,
      filtered,
      able: await linkAbilities(testbed),
    });
    return [
      ...network.map(
        ({ title, node, actions }): Step => ({
          title,
          ...(node === undefined ? {} : { node }),
          actions,
          done: async () => false,
          apply: async (signal) => {
            for (const command of actions) await runCommand(command, { signal });
          },
        }),
      ),
      ...(await nodeSteps(context, await findControlGroups(), groupLimits)),
    ];
  },

  async nodes(context) {
    const groups = await findControlGroups();
    const names = ownNames(context);
    return context.testbed.nodes.map(
      (spec): ProvisionedNode => ({
        spec,
        address: spec.address,
        faults: new MachineNodeFaults({
          spec,
          owner: context.stateFolder,
          group: ownPrefix(context) + spec.name,
          cut: () => cut(portName(names, spec.address, subnetOf(context.testbed.subnet))),
        }),
        folder: nodeFolder(context, spec.name),
        node: process.execPath,
        transport: new LocalTransport({
          launcher: [
            ...enterGroups(limitSettings(context, groups, spec, groupLimits)),
            ...enterNamespace(namespaceName(names, spec.name), spec.name),
          ],
          environment: ownerMark(context.stateFolder, spec.name),
        }),
      }),
    );
  },

  owners: namespaceOwners,

  async down(context) {
    const names = ownNames(context);
    return [
      ...(await endNamespaces(names)),
      ...(await removeNodes(context, await findControlGroups())),
    ];
  },
};

/** Tried only where it matters. */
async function linkAbilities({ nodes }: Testbed): Promise<ReadonlySet<Capability>> {
  return nodes.some(({ link }) => link !== undefined) ? shapingAbilities() : new Set();
}

function groupLimits({ cpus, cpuQuota, memoryBytes }: TestbedNode): GroupLimits {
  return {
    ...(cpus === undefined ? {} : { cpus }),
    ...(cpuQuota === undefined ? {} : { cpuQuota }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  };
}

/**
 * Starts a command on a node, with a host name of its own; the script is constant. Nothing forks on the
 * way, so signals reach the command itself. `ip netns exec` would hide the control groups from it.
 */
function enterNamespace(namespace: string, hostName: string): readonly string[] {
  const script = 'echo "$1" > /proc/sys/kernel/hostname && shift && exec "$@"';
  const enter = ['nsenter', `--net=/run/netns/${namespace}`, 'unshare', '--uts'];
  return [...enter, 'sh', '-c', script, 'sh', hostName];
}

/** A link that is down loses packets without a word, like a cable that was pulled. */
async function cut(port: string) {
  await runCommand(['ip', 'link', 'set', port, 'down']);
  return async () => {
    await tryCommand(['ip', 'link', 'set', port, 'up']);
  };
}

async function endNamespaces(names: OwnNames): Promise<readonly string[]> {
  const removed: string[] = [];
  const namespaces = await ownNamespaces(names);
  const ended = await endProcesses(() => processesIn(namespaces));
  removed.push(...ended.map((id) => `process ${id}`));
  const interfaces = [...(await interfacesIn([])).keys()];
  // Ports first: a namespace takes its own end away only some time after it is gone.
  const own = interfaces.filter((name) => name.startsWith(names.portPrefix));
  for (const name of [...own, ...interfaces.filter((name) => name === names.bridge)]) {
    await runCommand(['ip', 'link', 'delete', name]);
    removed.push(`link ${name}`);
  }
  for (const name of namespaces) {
    await runCommand(['ip', 'netns', 'delete', name]);
    removed.push(`namespace ${name}`);
  }
  while ((await tryCommand(forwardRule('--delete', names))).exitCode === 0) {
    removed.push('the rule that let frames pass');
  }
  return removed;
}

async function processesIn(namespaces: readonly string[]): Promise<readonly number[]> {
  const lists = await Promise.all(
    namespaces.map((name) => runCommand(['ip', 'netns', 'pids', name])),
  );
  return lists.flatMap((list) => list.split('\n').filter(Boolean).map(Number));
}
