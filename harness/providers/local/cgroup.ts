/**
 * Limits by control groups, versions 1 and 2. A node's group for memory is made by `up`, and whatever is
 * started on the node enters it first; CPUs are limited while a fault lasts. Version 1 has a hierarchy
 * for each, version 2 one for both, in which a node has one group.
 */
import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Cgroups {
  /** Folder under which groups are made. */
  readonly root: string;
}

export interface CgroupMemory extends Cgroups {
  readonly limitFile: string;
  /** The file that keeps a group from swapping instead, with the value that does so. */
  readonly swap: { readonly file: string; readonly value: (bytes: number) => string };
}

const VERSION_1: CgroupMemory = {
  root: '/sys/fs/cgroup/memory',
  limitFile: 'memory.limit_in_bytes',
  swap: { file: 'memory.memsw.limit_in_bytes', value: String },
};
const VERSION_2: CgroupMemory = {
  root: '/sys/fs/cgroup',
  limitFile: 'memory.max',
  swap: { file: 'memory.swap.max', value: () => '0' },
};

export interface CgroupCpu extends Cgroups {
  readonly limitFile: string;
  /** The limit file's content for so many CPUs; undefined: for no limit. */
  readonly value: (cpus: number | undefined) => string;
}

const PERIOD_US = 100_000;
/** The kernel takes no smaller quota. */
const SMALLEST_QUOTA_US = 1000;

function quotaUs(cpus: number): number {
  return Math.max(SMALLEST_QUOTA_US, Math.round(cpus * PERIOD_US));
}

const CPU_VERSION_1: CgroupCpu = {
  root: '/sys/fs/cgroup/cpu',
  limitFile: 'cpu.cfs_quota_us',
  value: (cpus) => (cpus === undefined ? '-1' : String(quotaUs(cpus))),
};
const CPU_VERSION_2: CgroupCpu = {
  root: '/sys/fs/cgroup',
  limitFile: 'cpu.max',
  value: (cpus) => `${cpus === undefined ? 'max' : quotaUs(cpus)} ${PERIOD_US}`,
};

/** The hierarchy in which this user may limit memory; a text says why there is none. */
export function findCgroupMemory(): Promise<CgroupMemory | string> {
  return findHierarchy('memory', VERSION_1, VERSION_2);
}

/** The same for CPUs. */
export function findCgroupCpu(): Promise<CgroupCpu | string> {
  return findHierarchy('cpu', CPU_VERSION_1, CPU_VERSION_2);
}

async function findHierarchy<Hierarchy extends Cgroups>(
  controller: string,
  version1: Hierarchy,
  version2: Hierarchy,
): Promise<Hierarchy | string> {
  const controllers = await readFile(join(version2.root, 'cgroup.subtree_control'), 'utf8').catch(
    () => undefined,
  );
  const candidate = controllers === undefined ? version1 : version2;
  if (controllers !== undefined && !controllers.split(/\s+/).includes(controller)) {
    return `the ${controller} controller is not enabled in /sys/fs/cgroup/cgroup.subtree_control`;
  }
  const writable = await access(candidate.root, constants.W_OK).then(
    () => true,
    () => false,
  );
  return writable ? candidate : `${candidate.root} is not writable for this user`;
}

/** Puts processes into the group, which is made if need be, and lets it have so many CPUs. */
export async function limitCpus(
  cpu: CgroupCpu,
  name: string,
  cpus: number,
  processes: readonly number[],
): Promise<void> {
  const folder = join(cpu.root, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, cpu.limitFile), cpu.value(cpus));
  for (const id of processes) {
    // One that has ended meanwhile needs no limit.
    await writeFile(join(folder, 'cgroup.procs'), String(id)).catch(() => {});
  }
}

/** Does no harm where there is no such group. */
export async function unlimitCpus(cpu: CgroupCpu, name: string): Promise<void> {
  await writeFile(join(cpu.root, name, cpu.limitFile), cpu.value(undefined)).catch(() => {});
}

/** True where such a group limits CPUs. */
export async function limitsCpus(cpu: CgroupCpu, name: string): Promise<boolean> {
  const text = await readFile(join(cpu.root, name, cpu.limitFile), 'utf8').catch(() => undefined);
  return text !== undefined && text.trim() !== cpu.value(undefined);
}

export async function makeGroup(memory: CgroupMemory, name: string, bytes: number): Promise<void> {
  const folder = join(memory.root, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, memory.limitFile), String(bytes));
  // Absent where the kernel does not account for swap.
  await writeFile(join(folder, memory.swap.file), memory.swap.value(bytes)).catch(() => {});
}

/** The group's limit in bytes; undefined where there is no such group. */
export async function readLimit(memory: CgroupMemory, name: string): Promise<number | undefined> {
  const text = await readFile(join(memory.root, name, memory.limitFile), 'utf8').catch(
    () => undefined,
  );
  return text === undefined ? undefined : Number(text);
}

export async function groupsWithPrefix({ root }: Cgroups, prefix: string): Promise<string[]> {
  const entries = await readdir(root).catch(() => []);
  return entries.filter((entry) => entry.startsWith(prefix));
}

export async function removeGroup({ root }: Cgroups, name: string): Promise<void> {
  await rmdir(join(root, name));
}

/** Starts a command inside a group: the script is constant, everything variable is an argument. */
export function enterGroup(memory: CgroupMemory, name: string): readonly string[] {
  const script = 'echo $$ > "$1" && shift && exec "$@"';
  return ['sh', '-c', script, 'sh', join(memory.root, name, 'cgroup.procs')];
}
