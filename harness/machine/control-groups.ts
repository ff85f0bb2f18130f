/**
 * Limits by Linux control groups, versions 1 and 2: CPU time, CPUs and memory. A node has a group of
 * its name under each controller; whatever is started on the node enters it first. What is to be
 * written is data, so that it can be printed and compared before it is done.
 */
import { constants } from 'node:fs';
import { access, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TilebedError } from '../../runtime/errors.ts';

export const CONTROLLERS = ['cpu', 'cpuset', 'memory'] as const;
export type Controller = (typeof CONTROLLERS)[number];

export interface ControlGroups {
  readonly version: 1 | 2;
  /** Folders under which this user may make groups; version 2 has one for all controllers. */
  readonly roots: Readonly<Partial<Record<Controller, string>>>;
  /** Why a controller has no folder. */
  readonly problems: Readonly<Partial<Record<Controller, string>>>;
  /** The machine's memory nodes, as the kernel lists them; version 1 wants them named. */
  readonly memoryNodes: string;
}

/** A limit that is `none` is taken back; one that is absent is left as it is. */
export interface GroupLimits {
  /** In CPUs: 0.25 is a quarter of one. */
  readonly cpuQuota?: number | 'none';
  readonly cpus?: readonly number[] | 'none';
  readonly memoryBytes?: number | 'none';
}

export const NO_LIMITS: GroupLimits = { cpuQuota: 'none', cpus: 'none', memoryBytes: 'none' };

export interface GroupSetting {
  readonly controller: Controller;
  readonly path: string;
  readonly value: string;
  /** Absent on some kernels, such as those that do not account for swap. */
  readonly optional?: boolean;
}

const MOUNT = '/sys/fs/cgroup';
const MEMORY_WITH_SWAP = 'memory.memsw.limit_in_bytes';
const PERIOD_US = 100_000;
/** The kernel takes no smaller quota. */
const SMALLEST_QUOTA_US = 1000;
/** The kernel rounds a limit to whole pages, which are of up to 64 KiB. */
const PAGE_BYTES = 65_536;
const REMOVAL_PATIENCE_MS = 5000;

/**
 * @param mount where the hierarchies are mounted; a folder of files in tests
 */
export async function findControlGroups(mount = MOUNT): Promise<ControlGroups> {
  const unified = await readFile(join(mount, 'cgroup.subtree_control'), 'utf8').catch(
    () => undefined,
  );
  const roots: Partial<Record<Controller, string>> = {};
  const problems: Partial<Record<Controller, string>> = {};
  for (const controller of CONTROLLERS) {
    const root = unified === undefined ? join(mount, controller) : mount;
    if (!(await isWritable(root))) {
      problems[controller] = `${root} is not writable for this user`;
    } else if (unified !== undefined && !(await isEnabled(mount, unified, controller))) {
      problems[controller] =
        `the ${controller} controller is not enabled in ${mount}/cgroup.subtree_control`;
    } else roots[controller] = root;
  }
  const version = unified === undefined ? 1 : 2;
  const memoryNodes = await readFile(join(mount, 'cpuset', 'cpuset.mems'), 'utf8').catch(() => '0');
  return { version, roots, problems, memoryNodes: memoryNodes.trim() };
}

async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** Enables what the kernel has: an unused controller takes nothing from anybody. */
async function isEnabled(mount: string, enabled: string, controller: Controller) {
  if (enabled.split(/\s+/).includes(controller)) return true;
  const offered = await readFile(join(mount, 'cgroup.controllers'), 'utf8').catch(() => '');
  if (!offered.split(/\s+/).includes(controller)) return false;
  return writeFile(join(mount, 'cgroup.subtree_control'), `+${controller}`).then(
    () => true,
    () => false,
  );
}

/** What to write, in this order, for a group with these limits. Limits without a folder are left out. */
export function groupSettings(
  groups: ControlGroups,
  name: string,
  { cpuQuota, cpus, memoryBytes }: GroupLimits,
): readonly GroupSetting[] {
  const files = groups.version === 2 ? VERSION_2 : VERSION_1;
  const values = [
    ...(cpus === undefined ? [] : files.cpuset(cpus, groups.memoryNodes)),
    ...(cpuQuota === undefined ? [] : files.cpu(cpuQuota)),
    ...(memoryBytes === undefined ? [] : files.memory(memoryBytes)),
  ];
  return values.flatMap(({ controller, file, ...rest }) => {
    const root = groups.roots[controller];
    return root === undefined ? [] : [{ controller, path: join(root, name, file), ...rest }];
  });
}

type FileValue = Omit<GroupSetting, 'path'> & { readonly file: string };

interface Files {
  cpuset(cpus: readonly number[] | 'none', memoryNodes: string): readonly FileValue[];
  cpu(quota: number | 'none'): readonly FileValue[];
  memory(bytes: number | 'none'): readonly FileValue[];
}

const VERSION_1: Files = {
  cpuset: (cpus, memoryNodes) => [
    // A group without memory nodes takes no process.
    { controller: 'cpuset', file: 'cpuset.mems', value: memoryNodes },
    { controller: 'cpuset', file: 'cpuset.cpus', value: listText(cpus) },
  ],
  cpu: (quota) => [
    { controller: 'cpu', file: 'cpu.cfs_period_us', value: String(PERIOD_US) },
    { controller: 'cpu', file: 'cpu.cfs_quota_us', value: quotaText(quota, '-1') },
  ],
  memory: (bytes) => {
    const value = bytes === 'none' ? '-1' : String(bytes);
    return [
      // Memory with swap can never be less than memory alone, so it gives way first.
      { controller: 'memory', file: MEMORY_WITH_SWAP, value: '-1', optional: true },
      { controller: 'memory', file: 'memory.limit_in_bytes', value },
      { controller: 'memory', file: MEMORY_WITH_SWAP, value, optional: true },
    ];
  },
};

const VERSION_2: Files = {
  cpuset: (cpus) => [{ controller: 'cpuset', file: 'cpuset.cpus', value: listText(cpus) }],
  cpu: (quota) => [
    { controller: 'cpu', file: 'cpu.max', value: `${quotaText(quota, 'max')} ${PERIOD_US}` },
  ],
  memory: (bytes) => [
    { controller: 'memory', file: 'memory.max', value: bytes === 'none' ? 'max' : String(bytes) },
    {
      controller: 'memory',
      file: 'memory.swap.max',
      value: bytes === 'none' ? 'max' : '0',
      optional: true,
    },
  ],
};

function listText(cpus: readonly number[] | 'none'): string {
  // An empty write would not reach the kernel; an empty line is no list, which is all CPUs.
  if (cpus === 'none') return '\n';
  return cpus.toSorted((a, b) => a - b).join(',');
}

function quotaText(quota: number | 'none', none: string): string {
  if (quota === 'none') return none;
  return String(Math.max(SMALLEST_QUOTA_US, Math.round(quota * PERIOD_US)));
}

/** True where every setting that counts is in force. */
export async function areSet(settings: readonly GroupSetting[]): Promise<boolean> {
  for (const setting of lastSettings(settings)) {
    const found = await readFile(setting.path, 'utf8').catch(() => undefined);
    if (!isInForce(setting, found)) return false;
  }
  return true;
}

/** One a file: of those that are written twice the last. */
export function lastSettings(settings: readonly GroupSetting[]): readonly GroupSetting[] {
  return [...new Map(settings.map((setting) => [setting.path, setting])).values()];
}

/** @param found what the file holds; undefined where it is missing */
export function isInForce(
  { controller, value, optional }: GroupSetting,
  found: string | undefined,
): boolean {
  if (optional === true) return true;
  return found !== undefined && isSame(controller, found.trim(), value);
}

function isSame(controller: Controller, found: string, wanted: string): boolean {
  switch (controller) {
    case 'cpu':
      return found === wanted;
    case 'cpuset':
      return cpuList(found).join() === cpuList(wanted).join();
    case 'memory':
      if (found === wanted) return true;
      return Math.abs(Number(found) - Number(wanted)) < PAGE_BYTES;
    default:
      return controller satisfies never;
  }
}

/** The CPUs or nodes of a list as the kernel writes it, such as "0-2,5". */
function cpuList(text: string): number[] {
  if (text.trim() === '') return [];
  return text.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

/** Makes the groups and writes the settings. Rejects with a TilebedError (FAILED). */
export async function applySettings(settings: readonly GroupSetting[]): Promise<void> {
  for (const { path, value, optional } of settings) {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, value).catch((cause) => {
      if (optional === true) return;
      throw new TilebedError('FAILED', `cannot write ${value} to ${path}: ${cause.message}`, {
        cause,
      });
    });
  }
}

/** Folders of all groups whose name begins so, whatever their controller. */
export async function groupsWithPrefix(
  { roots }: ControlGroups,
  prefix: string,
): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const root of new Set(Object.values(roots))) {
    const entries = await readdir(root).catch(() => []);
    folders.push(
      ...entries.filter((name) => name.startsWith(prefix)).map((name) => join(root, name)),
    );
  }
  return folders;
}

/** Of groups whose processes have ended; the kernel may need a moment to see that they have. */
export async function removeGroups(folders: readonly string[]): Promise<void> {
  const giveUpAt = performance.now() + REMOVAL_PATIENCE_MS;
  for (const folder of folders) {
    for (;;) {
      const error = await rmdir(folder).then(
        () => undefined,
        (cause: NodeJS.ErrnoException) => cause,
      );
      if (error === undefined || error.code === 'ENOENT') break;
      if (error.code !== 'EBUSY' || performance.now() > giveUpAt) throw error;
      await delay(20);
    }
  }
}

/** Puts running processes into the settings' groups. */
export async function moveIntoGroups(
  settings: readonly GroupSetting[],
  processes: readonly number[],
): Promise<void> {
  for (const file of processFiles(settings)) {
    // One that has ended meanwhile needs no limit.
    for (const id of processes) await writeFile(file, String(id)).catch(() => {});
  }
}

/**
 * Starts a command inside the groups that the settings are for: the script is constant, everything
 * variable is an argument.
 */
export function enterGroups(settings: readonly GroupSetting[]): readonly string[] {
  const script = 'echo $$ > "$1" && shift && exec "$@"';
  return processFiles(settings).flatMap((file) => ['sh', '-c', script, 'sh', file]);
}

function processFiles(settings: readonly GroupSetting[]): readonly string[] {
  return [...new Set(settings.map(({ path }) => join(path, '..', 'cgroup.procs')))];
}
