/** Reads limits back from the control group that a process really is in, versions 1 and 2. */
import { readFile } from 'node:fs/promises';

const FILES = {
  quota: { controller: 'cpu', version1: 'cpu.cfs_quota_us', version2: 'cpu.max' },
  memory: { controller: 'memory', version1: 'memory.limit_in_bytes', version2: 'memory.max' },
} as const;

/** The quota in CPUs, or the memory in bytes; NaN where there is no limit. */
export async function controlGroupFile(
  processId: number,
  which: keyof typeof FILES,
): Promise<number> {
  const { controller, version1, version2 } = FILES[which];
  const lines = (await readFile(`/proc/${processId}/cgroup`, 'utf8')).trim().split('\n');
  const groups = new Map(
    lines.map((line) => {
      const [, controllers = '', path = ''] = line.split(':');
      return [controllers, path];
    }),
  );
  const own = [...groups].find(([controllers]) => controllers.split(',').includes(controller));
  const path =
    own === undefined
      ? `/sys/fs/cgroup${groups.get('')}/${version2}`
      : `/sys/fs/cgroup/${controller}${own[1]}/${version1}`;
  const [value = ''] = (await readFile(path, 'utf8')).trim().split(' ');
  return which === 'quota' ? Number(value) / 100_000 : Number(value);
}
