/**
 * Memory limits by control groups, versions 1 and 2. A node's group is made by `up`; whatever is
 * started on the node enters it first.
 */
import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface CgroupMemory {
  /** Folder under which groups are made. */
  readonly root: string;
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

/** The hierarchy in which this user may limit memory; a text says why there is none. */
export async function findCgroupMemory(): Promise<CgroupMemory | string> {
  const controllers = await readFile(join(VERSION_2.root, 'cgroup.subtree_control'), 'utf8').catch(
    () => undefined,
  );
  const candidate = controllers === undefined ? VERSION_1 : VERSION_2;
  if (controllers !== undefined && !controllers.split(/\s+/).includes('memory')) {
    return 'the memory controller is not enabled in /sys/fs/cgroup/cgroup.subtree_control';
  }
  const writable = await access(candidate.root, constants.W_OK).then(
    () => true,
    () => false,
  );
  return writable ? candidate : `${candidate.root} is not writable for this user`;
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

export async function groupsWithPrefix(memory: CgroupMemory, prefix: string): Promise<string[]> {
  const entries = await readdir(memory.root).catch(() => []);
  return entries.filter((entry) => entry.startsWith(prefix));
}

export async function removeGroup(memory: CgroupMemory, name: string): Promise<void> {
  await rmdir(join(memory.root, name));
}

/** Starts a command inside a group: the script is constant, everything variable is an argument. */
export function enterGroup(memory: CgroupMemory, name: string): readonly string[] {
  const script = 'echo $$ > "$1" && shift && exec "$@"';
  return ['sh', '-c', script, 'sh', join(memory.root, name, 'cgroup.procs')];
}
