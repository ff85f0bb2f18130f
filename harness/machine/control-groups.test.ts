/** Both versions on folders of plain files; the real thing is in the contract of providers. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  applySettings,
  areSet,
  enterGroups,
  findControlGroups,
  groupSettings,
  groupsWithPrefix,
  NO_LIMITS,
  removeGroups,
} from './control-groups.ts';

const LIMITS = { cpuQuota: 0.25, cpus: [3, 0, 1, 2], memoryBytes: 2 ** 28 };

let mount: string;
beforeEach(async () => {
  mount = await mkdtemp(join(tmpdir(), 'tilebed-cgroup-'));
});
afterEach(() => rm(mount, { recursive: true }));

async function version1(): Promise<void> {
  for (const controller of ['cpu', 'cpuset', 'memory']) await mkdir(join(mount, controller));
  await writeFile(join(mount, 'cpuset/cpuset.mems'), '0-1\n');
}

async function version2(offered: string, enabled: string): Promise<void> {
  await writeFile(join(mount, 'cgroup.controllers'), `${offered}\n`);
  await writeFile(join(mount, 'cgroup.subtree_control'), `${enabled}\n`);
}

async function written(): Promise<Readonly<Record<string, string>>> {
  const groups = await findControlGroups(mount);
  const settings = groupSettings(groups, 'tilebed-x', LIMITS);
  return Object.fromEntries(
    settings.map(({ path, value }) => [path.slice(mount.length + 1), value]),
  );
}

describe('what is written', () => {
  test('version 1: a folder for each controller', async () => {
    await version1();
    expect(await written()).toEqual({
      'cpuset/tilebed-x/cpuset.mems': '0-1',
      'cpuset/tilebed-x/cpuset.cpus': '0,1,2,3',
      'cpu/tilebed-x/cpu.cfs_period_us': '100000',
      'cpu/tilebed-x/cpu.cfs_quota_us': '25000',
      'memory/tilebed-x/memory.memsw.limit_in_bytes': '268435456',
      'memory/tilebed-x/memory.limit_in_bytes': '268435456',
    });
  });

  test('version 2: one folder for all', async () => {
    await version2('cpuset cpu io memory pids', 'cpuset cpu memory');
    expect(await written()).toEqual({
      'tilebed-x/cpuset.cpus': '0,1,2,3',
      'tilebed-x/cpu.max': '25000 100000',
      'tilebed-x/memory.max': '268435456',
      'tilebed-x/memory.swap.max': '0',
    });
  });

  test('a limit that is taken back is said to be none', async () => {
    await version2('cpuset cpu memory', 'cpuset cpu memory');
    const settings = groupSettings(await findControlGroups(mount), 'tilebed-x', NO_LIMITS);
    expect(settings.map(({ value }) => value)).toEqual(['\n', 'max 100000', 'max', 'max']);
    await applySettings(settings);
    expect(await areSet(settings)).toBe(true);
  });

  test('nothing without a wish, and no quota that the kernel refuses', async () => {
    await version2('cpu', 'cpu');
    const groups = await findControlGroups(mount);
    expect(groupSettings(groups, 'tilebed-x', {})).toEqual([]);
    expect(groupSettings(groups, 'tilebed-x', { cpuQuota: 0.001 })[0]!.value).toBe('1000 100000');
  });
});

describe('what there is', () => {
  test('a controller that the kernel offers is enabled', async () => {
    await version2('cpuset cpu memory', 'memory');
    const { version, roots, problems } = await findControlGroups(mount);
    expect(version).toBe(2);
    expect(roots).toEqual({ cpu: mount, cpuset: mount, memory: mount });
    expect(problems).toEqual({});
    expect(await readFile(join(mount, 'cgroup.subtree_control'), 'utf8')).toMatch(/^\+cpu/);
  });

  test('one that it does not offer has no folder, and a reason', async () => {
    await version2('memory', 'memory');
    const { roots, problems } = await findControlGroups(mount);
    expect(roots).toEqual({ memory: mount });
    expect(problems.cpu).toBe(
      `the cpu controller is not enabled in ${mount}/cgroup.subtree_control`,
    );
  });

  test('no hierarchy at all is a reason too', async () => {
    const { roots, problems } = await findControlGroups(mount);
    expect(roots).toEqual({});
    expect(problems.memory).toBe(`${mount}/memory is not writable for this user`);
  });
});

describe('groups', () => {
  test('settings are in force once they are applied, however the kernel writes them', async () => {
    await version1();
    const groups = await findControlGroups(mount);
    const settings = groupSettings(groups, 'tilebed-x-edge0', LIMITS);
    expect(await areSet(settings)).toBe(false);
    await applySettings(settings);
    expect(await areSet(settings)).toBe(true);
    await writeFile(join(mount, 'cpuset/tilebed-x-edge0/cpuset.cpus'), '0-3\n');
    await writeFile(join(mount, 'memory/tilebed-x-edge0/memory.limit_in_bytes'), '268431360\n');
    expect(await areSet(settings)).toBe(true);
    await writeFile(join(mount, 'cpu/tilebed-x-edge0/cpu.cfs_quota_us'), '-1\n');
    expect(await areSet(settings)).toBe(false);
  });

  test('are found by their prefix, removed, and nobody else’s are', async () => {
    await version1();
    for (const name of ['tilebed-x-edge0', 'tilebed-y-edge0', 'other']) {
      await mkdir(join(mount, 'cpu', name));
      await mkdir(join(mount, 'memory', name));
    }
    const groups = await findControlGroups(mount);
    const own = await groupsWithPrefix(groups, 'tilebed-x-');
    expect(own.toSorted()).toEqual([
      join(mount, 'cpu/tilebed-x-edge0'),
      join(mount, 'memory/tilebed-x-edge0'),
    ]);
    await removeGroups(own);
    expect(await groupsWithPrefix(groups, 'tilebed-')).toHaveLength(2);
  });

  test('a command enters every controller’s group once', async () => {
    await version1();
    const groups = await findControlGroups(mount);
    const files = enterGroups(groupSettings(groups, 'tilebed-x', LIMITS)).filter((argument) =>
      argument.endsWith('cgroup.procs'),
    );
    expect(files.map((file) => file.slice(mount.length))).toEqual([
      '/cpuset/tilebed-x/cgroup.procs',
      '/cpu/tilebed-x/cgroup.procs',
      '/memory/tilebed-x/cgroup.procs',
    ]);
  });
});
