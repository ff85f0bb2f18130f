/**
 * What every provider does for a node whose processes run on this machine: a folder, limits, and the
 * end of all that. Everything carries the owner's mark, so nothing need be remembered.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { TilebedError } from '../../runtime/errors.ts';
import { pathExists } from '../path-exists.ts';
import type { ProviderContext, Step } from '../providers/provider.ts';
import type { TestbedNode } from '../spec/resolved.ts';
import {
  applySettings,
  areSet,
  type ControlGroups,
  type GroupLimits,
  type GroupSetting,
  groupSettings,
  groupsWithPrefix,
  NO_LIMITS,
  removeGroups,
} from './control-groups.ts';
import { endProcesses, ownedProcesses } from './owned-processes.ts';

/** Which of a node's limits are kept by control groups. */
export type LimitsOf = (node: TestbedNode) => GroupLimits;

export function nodeFolder({ stateFolder }: ProviderContext, node: string): string {
  return join(stateFolder, 'nodes', node);
}

/** What names on the machine begin with, whoever's testbed they belong to. */
export const OWNER_PREFIX = 'tilebed-';

/** Twelve hexadecimal digits: the state folder tells testbeds apart. */
export function ownerId(stateFolder: string): string {
  return createHash('sha256').update(stateFolder).digest('hex').slice(0, 12);
}

/** What names of one testbed begin with. */
export function ownPrefix({ stateFolder }: Pick<ProviderContext, 'stateFolder'>): string {
  return `${OWNER_PREFIX}${ownerId(stateFolder)}-`;
}

/** What a node's limits are written as; empty where it has none. */
export function limitSettings(
  context: ProviderContext,
  groups: ControlGroups,
  node: TestbedNode,
  limitsOf: LimitsOf,
): readonly GroupSetting[] {
  const limits = limitsOf(node);
  if (Object.keys(limits).length === 0) return [];
  // Version 2 has one group for all limits, so what an earlier one or a fault has left must go.
  const all = groups.version === 2 ? { ...NO_LIMITS, ...limits } : limits;
  return groupSettings(groups, ownPrefix(context) + node.name, all);
}

/** Throws a TilebedError (INPUT) for a CPU that this machine does not have. */
export function checkCpus(nodes: readonly TestbedNode[]): void {
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

/** Folders and limits of all nodes, after what an earlier version of the testbed left. */
export async function nodeSteps(
  context: ProviderContext,
  groups: ControlGroups,
  limitsOf: LimitsOf,
): Promise<readonly Step[]> {
  const { nodes } = context.testbed;
  return [
    ...(await strayNodeSteps(context, groups)),
    ...nodes.flatMap((node) => {
      const settings = limitSettings(context, groups, node, limitsOf);
      return [
        folderStep(context, node),
        ...(settings.length === 0 ? [] : [limitStep(node, settings, limitsOf)]),
      ];
    }),
  ];
}

/** Ends processes, removes groups and folders; returns what it removed. */
export async function removeNodes(
  context: ProviderContext,
  groups: ControlGroups,
): Promise<string[]> {
  const ended = await endProcesses(() => ownedProcesses(context.stateFolder));
  const folders = await groupsWithPrefix(groups, ownPrefix(context));
  await removeGroups(folders);
  const nodes = join(context.stateFolder, 'nodes');
  const names = await readdir(nodes).catch(() => []);
  await rm(nodes, { recursive: true, force: true });
  return [
    ...ended.map((id) => `process ${id}`),
    ...folders.map((folder) => `control group ${folder}`),
    ...names.map((name) => `node ${name}`),
  ];
}

function folderStep(context: ProviderContext, { name }: TestbedNode): Step {
  const folder = nodeFolder(context, name);
  return {
    title: `make the folder of ${name}`,
    node: name,
    actions: [['mkdir', '-p', folder]],
    done: () => pathExists(folder),
    apply: async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    },
  };
}

function limitStep(node: TestbedNode, settings: readonly GroupSetting[], limitsOf: LimitsOf): Step {
  return {
    title: `limit ${node.name} to ${limitsText(limitsOf(node))}`,
    node: node.name,
    actions: settings.map(({ path, value }) => ['write', path, value]),
    done: () => areSet(settings),
    apply: () => applySettings(settings),
  };
}

function limitsText({ cpus = 'none', cpuQuota = 'none', memoryBytes = 'none' }: GroupLimits) {
  return [
    ...(cpus === 'none' ? [] : [`CPU ${cpus.join(', ')}`]),
    ...(cpuQuota === 'none' ? [] : [`the time of ${cpuQuota} CPUs`]),
    ...(memoryBytes === 'none' ? [] : [`${(memoryBytes / 2 ** 20).toFixed(0)} MiB`]),
  ].join(', ');
}

/** Nodes that an earlier version of the testbed had. */
async function strayNodeSteps(context: ProviderContext, groups: ControlGroups): Promise<Step[]> {
  const wanted = new Set(context.testbed.nodes.map(({ name }) => name));
  const present = await readdir(join(context.stateFolder, 'nodes')).catch(() => []);
  return present
    .filter((name) => !wanted.has(name))
    .map((name) => {
      const folder = nodeFolder(context, name);
      const own = ownPrefix(context) + name;
      return {
        title: `remove ${name}, which the testbed no longer has`,
        node: name,
        actions: [['rm', '-r', folder]],
        done: async () => !(await pathExists(folder)),
        apply: async () => {
          await endProcesses(() => ownedProcesses(context.stateFolder, name));
          const found = await groupsWithPrefix(groups, own);
          await removeGroups(found.filter((group) => basename(group) === own));
          await rm(folder, { recursive: true, force: true });
        },
      };
    });
}
