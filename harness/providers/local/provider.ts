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
  findCgroupMemory,
  groupsWithPrefix,
  makeGroup,
  readLimit,
  removeGroup,
} from './cgroup.ts';
import { OWNER_VARIABLE, ownedProcesses } from './owned-processes.ts';

const KILL_PATIENCE_MS = 5000;

export const localProvider: Provider = {
  name: 'local',
  lenient: new Set<Capability>(['memory']),
  addressNote: 'a.b.c.d of the testbed is 127.b.c.d on this machine',

  async capabilities() {
    const able = new Set<Capability>();
    if (await canPin()) able.add('pin');
    if (typeof (await findCgroupMemory()) !== 'string') able.add('memory');
    return able;
  },

  async requirements() {
    const memory = await findCgroupMemory();
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
    return [...(await strayNodeSteps(context)), ...steps];
  },

  async nodes(context) {
    const memory = await findCgroupMemory();
    return context.testbed.nodes.map((spec): ProvisionedNode => {
      const limited = spec.memoryBytes !== undefined && typeof memory !== 'string';
      return {
        spec,
        address: spec.address.replace(/^\d+/, '127'),
        folder: nodeFolder(context, spec.name),
        node: process.execPath,
        transport: new LocalTransport({
          launcher: [
            ...(spec.cpus === undefined ? [] : ['taskset', '--cpu-list', spec.cpus.join(',')]),
            ...(limited ? enterGroup(memory, groupName(context, spec.name)) : []),
          ],
          environment: { [OWNER_VARIABLE]: context.stateFolder },
        }),
      };
    });
  },

  async down(context) {
    const removed = await endProcesses(context);
    const memory = await findCgroupMemory();
    if (typeof memory !== 'string') {
      for (const group of await groupsWithPrefix(memory, groupName(context, ''))) {
        await removeGroup(memory, group);
        removed.push(`control group ${group}`);
      }
    }
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

/** Groups of all testbeds share one folder: the state folder's hash tells whose is whose. */
function groupName({ stateFolder }: ProviderContext, node: string): string {
  const owner = createHash('sha256').update(stateFolder).digest('hex').slice(0, 12);
  return `tilebed-${owner}-${node}`;
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
