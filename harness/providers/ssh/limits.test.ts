/** Which way a machine keeps limits, and what is said to it for that. */
import { describe, expect, test } from 'vitest';
import { type HostFacts, parseFacts } from './facts.ts';
import { limiterOf, limitsOf } from './limits.ts';

const NAMES = { id: '0123456789ab', label: 'tilebed of here', folder: '/var/tmp/tilebed-x' };
const NODE = {
  name: 'edge-0',
  role: 'edge' as const,
  address: '10.0.0.3',
  cpus: [1],
  cpuQuota: 0.5,
  memoryBytes: 300 * 2 ** 20,
};

function facts(more: Partial<HostFacts>): HostFacts {
  return { ...parseFacts('', 0), controllers: ['cpuset', 'cpu', 'memory'], ...more };
}

function limiter(more: Partial<HostFacts>) {
  return limiterOf(facts(more), NAMES, NODE);
}

const SYSTEMD = { canBeRoot: true, userId: 1000, systemd: 252, groups: 2 } as const;

describe('systemd with control groups of version 2', () => {
  test('keeps all of them in a slice of its own', () => {
    const { able, commands, settings } = limiter(SYSTEMD);
    expect([...able]).toEqual(['pin', 'quota', 'slow', 'memory']);
    const slice = 'tilebed-0123456789ab-edge_0.slice';
    const [set, start] = commands(limitsOf(NODE));
    expect(set).toEqual(
      ['systemctl', 'set-property', '--runtime', slice]
        .concat(['AllowedCPUs=1', 'CPUQuota=50.00%'])
        .concat([`MemoryMax=${300 * 2 ** 20}`, 'MemorySwapMax=0']),
    );
    expect(start).toEqual(['systemctl', 'start', slice]);
    const values = settings(limitsOf(NODE)).map(({ path, value }) => [path, value]);
    const folder = `/sys/fs/cgroup/tilebed.slice/tilebed-0123456789ab.slice/${slice}`;
    expect(values).toContainEqual([`${folder}/cpu.max`, '50000 100000']);
    expect(values).toContainEqual([`${folder}/memory.max`, String(300 * 2 ** 20)]);
  });

  test('takes back what is no longer wished for', () => {
    const { name, role, address } = NODE;
    const [set] = limiter(SYSTEMD).commands(limitsOf({ name, role, address }));
    expect(set!.slice(4)).toEqual(
      ['AllowedCPUs=', 'CPUQuota='].concat(['MemoryMax=infinity', 'MemorySwapMax=infinity']),
    );
  });

  test('a plain user becomes root only to enter it', () => {
    expect(limiter(SYSTEMD).enter({})[0]).toMatch(/^sudo -n busctl call/);
    expect(limiter({ ...SYSTEMD, userId: 0 }).enter({})[0]).toMatch(/^busctl call/);
  });

  test('a kernel without the controller of memory keeps no memory limit', () => {
    const { able } = limiter({ ...SYSTEMD, controllers: ['cpuset', 'cpu'] });
    expect([...able]).toEqual(['pin', 'quota', 'slow']);
  });
});

describe('control groups without systemd', () => {
  test('version 1 has a group for each controller, and for no more than is wished for', () => {
    const { commands, enter } = limiter({ canBeRoot: true, groups: 1, memoryNodes: '0' });
    const made = commands({ cpus: [1], cpuQuota: 'none', memoryBytes: 'none' })
      .filter(([file]) => file === 'mkdir')
      .map((command) => command.at(-1));
    expect(made).toEqual([
      '/sys/fs/cgroup/cpuset/tilebed-0123456789ab-edge-0',
      '/sys/fs/cgroup/cpu/tilebed-0123456789ab-edge-0',
    ]);
    expect(enter({ cpus: [1] })).toEqual([
      'echo $$ > /sys/fs/cgroup/cpuset/tilebed-0123456789ab-edge-0/cgroup.procs || exit 125',
    ]);
  });

  test('version 2 has one, once its controllers are on', () => {
    const { commands } = limiter({ canBeRoot: true, groups: 2 });
    const [enable, make] = commands(limitsOf(NODE));
    expect(enable!.at(-1)).toBe('/sys/fs/cgroup/cgroup.subtree_control');
    expect(make).toEqual(['mkdir', '-p', '/sys/fs/cgroup/tilebed-0123456789ab-edge-0']);
  });
});

describe('without root', () => {
  test('taskset pins, and nothing else is kept', () => {
    const { able, enter, commands } = limiter({ groups: 2, systemd: 252, hasTaskset: true });
    expect([...able]).toEqual(['pin']);
    expect(enter({})).toEqual(['set -- taskset -c 1 "$@"']);
    expect(commands(limitsOf(NODE))).toEqual([]);
  });

  test('systemd with control groups of version 1 leaves it at that, too', () => {
    const { able } = limiter({ ...SYSTEMD, groups: 1, hasTaskset: true });
    expect([...able]).toEqual(['pin']);
  });
});
