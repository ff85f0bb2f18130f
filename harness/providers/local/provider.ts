/**
 * Nodes as processes of this machine. A node is a folder, a loopback address and limits; processes
 * live in it only while something runs.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { TilebedError } from '../../../runtime/errors.ts';
import { pathExists } from '../../path-exists.ts';
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
import {
  type CgroupMemory,
  enterGroup,
  findCgroupCpu,
  findCgroupMemory,
  groupsWithPrefix,
  limitsCpus,
  makeGroup,
  readLimit,
  removeGroup,
  unlimitCpus,
} from './cgroup.ts';
import { LocalFaults } from './faults.ts';
import { ownedProcesses, ownerMark } from './owned-processes.ts';
import { PacketFilter, packetFilterProblem } from './packet-filter.ts';

const KILL_PATIENCE_MS = 5000;

export const localProvider: Provider = {
  name: 'local',
  lenient: new Set<Capability>(['memory']),
  addressNote: 'a.b.c.d of the testbed is 127.b.c.d on this machine',

  async capabilities() {
    const able = new Set<Capability>(['freeze']);
    if (await canPin()) able.add('pin');
    if (typeof (await findCgroupMemory()) !== 'string') able.add('memory');
    if (typeof (await findCgroupCpu()) !== 'string') able.add('slow');
    if ((await packetFilterProblem()) === undefined) able.add('cut');
    return able;
  },

  async requirements() {
    const memory = await findCgroupMemory();
    const cpu = await findCgroupCpu();
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
        detail: typeof memory === 'string' ? `none: ${memory}` : `control groups in ${memory.root}`,
      },
      {
        name: 'slow nodes',
        ok: true,
        detail: typeof cpu === 'string' ? `not possible: ${cpu}` : `control groups in ${cpu.root}`,
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
    const memory = await findCgroupMemory();
    const steps = context.testbed.nodes.flatMap((node) => [
      folderStep(context, node),
      ...(node.memoryBytes === undefined || typeof memory === 'string'
        ? []
        : [groupStep(context, node, memory, node.memoryBytes)]),
    ]);
    return [...(await strayNodeSteps(context)), healingStep(context), ...steps];
  },

  async nodes(context) {
    const memory = await findCgroupMemory();
    return context.testbed.nodes.map((spec): ProvisionedNode => {
      const limited = spec.memoryBytes !== undefined && typeof memory !== 'string';
      const address = spec.address.replace(/^\d+/, '127');
      return {
        spec,
        address,
        faults: new LocalFaults({
          name: spec.name,
          owner: context.stateFolder,
          address,
          group: groupName(context, spec.name),
          cpus: spec.cpus?.length ?? 1,
          filter: packetFilter(context),
        }),
        folder: nodeFolder(context, spec.name),
        node: process.execPath,
        transport: new LocalTransport({
          launcher: [
            ...(spec.cpus === undefined ? [] : ['taskset', '--cpu-list', spec.cpus.join(',')]),
            ...(limited ? enterGroup(memory, groupName(context, spec.name)) : []),
          ],
          environment: ownerMark(context.stateFolder, spec.name),
        }),
      };
    });
  },

  async down(context) {
    const removed = await endProcesses(context);
    for (const hierarchy of [await findCgroupMemory(), await findCgroupCpu()]) {
      if (typeof hierarchy === 'string') continue;
      for (const group of await groupsWithPrefix(hierarchy, groupName(context, ''))) {
        await removeGroup(hierarchy, group);
        removed.push(`control group ${group}`);
      }
    }
    if (await packetFilter(context).remove()) removed.push('rules that dropped packets');
    const folder = join(context.stateFolder, 'nodes');
    for (const name of await readdir(folder).catch(() => [])) removed.push(`node ${name}`);
    await rm(folder, { recursive: true, force: true });
    return removed;
  },
};

async function canPin(): Promise<boolean> {
  const { exitCode } = await execa('taskset', ['--cpu-list', '0', 'true'], { reject: false });
  return exitCode === 0;
}

function checkCpus(nodes: readonly TestbedNode[]): void {
  const count = cpus().length;
  for (const { name, cpus: pinned = [] } of nodes) {
    const missing = pinned.find((cpu) => cpu >= count);
    if (missing === undefined) continue;
    throw new TilebedError(
      'INPUT',
      `${name} is to be pinned to CPU ${missing}, but this machine has CPUs 0 to ${count - 1}`,
    );
  }
}

function nodeFolder({ stateFolder }: ProviderContext, name: string): string {
  return join(stateFolder, 'nodes', name);
}

/** All testbeds share the machine: the state folder's hash tells what is whose. */
function ownName({ stateFolder }: ProviderContext): string {
  return `tilebed-${createHash('sha256').update(stateFolder).digest('hex').slice(0, 12)}`;
}

function groupName(context: ProviderContext, node: string): string {
  return `${ownName(context)}-${node}`;
}

function packetFilter(context: ProviderContext): PacketFilter {
  return new PacketFilter(ownName(context), context.stateFolder);
}

/** A crash in the middle of a trial leaves the nodes as its faults had them. */
function healingStep(context: ProviderContext): Step {
  const filter = packetFilter(context);
  const slowed = async () => {
    const cpu = await findCgroupCpu();
    if (typeof cpu === 'string') return [];
    const groups = await groupsWithPrefix(cpu, groupName(context, ''));
    const limits = await Promise.all(groups.map((group) => limitsCpus(cpu, group)));
    return groups.filter((_, index) => limits[index]).map((group) => ({ cpu, group }));
  };
  return {
    title: 'take back the faults that an earlier run left',
    action: ['heal', ownName(context)],
    done: async () => !(await filter.exists()) && (await slowed()).length === 0,
    apply: async () => {
      await filter.remove();
      for (const { cpu, group } of await slowed()) await unlimitCpus(cpu, group);
    },
  };
}

function folderStep(context: ProviderContext, { name }: TestbedNode): Step {
  const folder = nodeFolder(context, name);
  return {
    title: `make the folder of ${name}`,
    node: name,
    action: ['mkdir', '-p', folder],
    done: () => pathExists(folder),
    apply: async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    },
  };
}

function groupStep(
  context: ProviderContext,
  { name }: TestbedNode,
  memory: CgroupMemory,
  bytes: number,
): Step {
  const group = groupName(context, name);
  return {
    title: `limit the memory of ${name} to ${(bytes / 2 ** 20).toFixed(0)} MiB`,
    node: name,
    action: ['write', join(memory.root, group, memory.limitFile), String(bytes)],
    // The kernel rounds a limit to whole pages.
    done: async () => Math.abs(((await readLimit(memory, group)) ?? 0) - bytes) < 65_536,
    apply: () => makeGroup(memory, group, bytes),
  };
}

/** Nodes that an earlier version of the testbed had. */
async function strayNodeSteps(context: ProviderContext): Promise<Step[]> {
  const wanted = new Set(context.testbed.nodes.map(({ name }) => name));
  const present = await readdir(join(context.stateFolder, 'nodes')).catch(() => []);
  return present
    .filter((name) => !wanted.has(name))
    .map((name) => {
      const folder = nodeFolder(context, name);
      return {
        title: `remove ${name}, which the testbed no longer has`,
        node: name,
        action: ['rm', '-r', folder],
        done: async () => !(await pathExists(folder)),
        apply: async () => {
          await rm(folder, { recursive: true, force: true });
          const memory = await findCgroupMemory();
          if (typeof memory !== 'string')
            await removeGroup(memory, groupName(context, name)).catch(() => {});
        },
      };
    });
}

async function endProcesses({ stateFolder }: ProviderContext): Promise<string[]> {
  const found = await ownedProcesses(stateFolder);
  for (const id of found) {
    try {
      process.kill(id, 'SIGKILL');
    } catch {
      // It ended by itself in the meantime.
    }
  }
  const deadline = performance.now() + KILL_PATIENCE_MS;
  while ((await ownedProcesses(stateFolder)).length > 0 && performance.now() < deadline)
    await delay(20);
  return found.map((id) => `process ${id}`);
}
