/**
 * How a machine keeps a node's limits: a slice of systemd where it runs and control groups are of version 2,
 * else control groups of its own where root may make them, else `taskset`, which pins and no more. Data only.
 */
import { posix } from 'node:path';
import {
  type ControlGroups,
  type GroupLimits,
  type GroupSetting,
  groupSettings,
  lastSettings,
  NO_LIMITS,
} from '../../machine/control-groups.ts';
import type { TestbedNode } from '../../spec/resolved.ts';
import type { Capability } from '../provider.ts';
import type { HostFacts } from './facts.ts';
import type { OwnNames } from './hosts.ts';

const MOUNT = '/sys/fs/cgroup';
/** Takes triples: what must not fail, the file, the value. */
const SET =
  'while [ $# -gt 0 ]; do printf %s "$3" 2> /dev/null > "$2" || [ "$1" = optional ] || { echo "cannot write $3 to $2" >&2; exit 1; }; shift 3; done';
const ENABLE = [
  'sh',
  '-c',
  'for each in cpu cpuset memory; do echo "+$each" > "$1"; done 2> /dev/null; true',
  'sh',
  `${MOUNT}/cgroup.subtree_control`,
];

export interface Limiter {
  readonly able: ReadonlySet<Capability>;
  /** What the control group's files must hold; empty where there is no group. */
  settings(limits: GroupLimits): readonly GroupSetting[];
  /** Commands, as root, that bring this about. */
  commands(limits: GroupLimits): readonly (readonly string[])[];
  /** Lines of a shell script that put it, by its number $$, under the limits. */
  enter(limits: GroupLimits): readonly string[];
}

export function limiterOf(
  facts: HostFacts,
  names: OwnNames,
  { name, cpus }: Pick<TestbedNode, 'name' | 'cpus'>,
): Limiter {
  if (facts.canBeRoot && facts.systemd !== undefined && facts.groups === 2) {
    return sliceLimiter(facts, names, name);
  }
  if (facts.canBeRoot && facts.groups !== undefined && facts.systemd === undefined) {
    return groupLimiter(facts, names, name);
  }
  return {
    able: new Set(facts.hasTaskset ? (['pin'] as const) : []),
    settings: () => [],
    commands: () => [],
    enter: () => (facts.hasTaskset && cpus !== undefined ? [`set -- taskset -c ${cpus} "$@"`] : []),
  };
}

/** Of a node, and none where it names none: what an earlier version of the testbed had goes. */
export function limitsOf({ cpus, cpuQuota, memoryBytes }: TestbedNode): GroupLimits {
  return {
    ...NO_LIMITS,
    ...(cpus === undefined ? {} : { cpus }),
    ...(cpuQuota === undefined ? {} : { cpuQuota }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  };
}

/** Hyphens in a slice's name say which slice it lies in. */
export function sliceName({ id }: OwnNames, node?: string): string {
  return `tilebed-${id}${node === undefined ? '' : `-${node.replaceAll('-', '_')}`}.slice`;
}

function sliceLimiter(facts: HostFacts, names: OwnNames, node: string): Limiter {
  const slice = sliceName(names, node);
  const folder = `${MOUNT}/tilebed.slice/${sliceName(names)}`;
  const groups = { ...groupsOf(facts, () => folder), version: 2 as const };
  const scope = `tilebed-${names.id}-${node}`;
  return {
    able: ableBy(groups),
    // Systemd makes a file only where there is a limit.
    settings: (limits) =>
      lastSettings(groupSettings(groups, slice, limits)).map((setting) =>
        isNone(setting.value) ? { ...setting, optional: true } : setting,
      ),
    commands: (limits) => [
      ['systemctl', 'set-property', '--runtime', slice, ...properties(limits)],
      ['systemctl', 'start', slice],
    ],
    enter: () => [
      `${sudo(facts)}busctl call --quiet org.freedesktop.systemd1 /org/freedesktop/systemd1 \\`,
      `  org.freedesktop.systemd1.Manager StartTransientUnit 'ssa(sv)a(sa(sv))' \\`,
      `  "${scope}-$$.scope" fail 2 PIDs au 1 "$$" Slice s ${slice} 0 > /dev/null || exit 125`,
      // The call returns before the deed is done.
      `until grep -q ${slice} /proc/$$/cgroup; do sleep 0.05; done`,
    ],
  };
}

function properties({ cpus, cpuQuota, memoryBytes }: GroupLimits): readonly string[] {
  const of = (value: unknown, some: (value: number) => string, none: string) =>
    value === undefined || value === 'none' ? none : some(value as number);
  return [
    `AllowedCPUs=${cpus === undefined || cpus === 'none' ? '' : cpus.join(',')}`,
    `CPUQuota=${of(cpuQuota, (share) => `${(share * 100).toFixed(2)}%`, '')}`,
    `MemoryMax=${of(memoryBytes, String, 'infinity')}`,
    `MemorySwapMax=${of(memoryBytes, () => '0', 'infinity')}`,
  ];
}

function groupLimiter(facts: HostFacts, names: OwnNames, node: string): Limiter {
  const groups = groupsOf(facts, (controller) =>
    facts.groups === 1 ? `${MOUNT}/${controller}` : MOUNT,
  );
  const name = groupName(names, node);
  const settings = (limits: GroupLimits) =>
    groupSettings(groups, name, groups.version === 1 ? withoutNone(limits) : limits);
  /** Version 1 has a group for each limit that is wanted, which takes no process before it is set up. */
  const foldersOf = (limits: GroupLimits) => [
    ...new Set(settings(limits).map(({ path }) => posix.dirname(path))),
  ];
  return {
    able: ableBy(groups),
    settings,
    commands: (limits) => [
      ...(groups.version === 1 ? [] : [ENABLE]),
      ...foldersOf(limits).map((folder) => ['mkdir', '-p', folder]),
      ['sh', '-c', SET, 'sh', ...settings(limits).flatMap(settingWords)],
    ],
    enter: (limits) =>
      foldersOf(limits).map((folder) =>
        facts.userId === 0
          ? `echo $$ > ${folder}/cgroup.procs || exit 125`
          : `sudo -n sh -c 'echo "$1" > "$2"' sh $$ ${folder}/cgroup.procs || exit 125`,
      ),
  };
}

export function groupName({ id }: OwnNames, node: string): string {
  return `tilebed-${id}-${node}`;
}

/** Version 1 has a group for each limit: one that is not wanted is not made, or is of CPU time. */
function withoutNone({ cpus, cpuQuota, memoryBytes }: GroupLimits): GroupLimits {
  return {
    ...(cpus === undefined || cpus === 'none' ? {} : { cpus }),
    ...(cpuQuota === undefined ? {} : { cpuQuota }),
    ...(memoryBytes === undefined || memoryBytes === 'none' ? {} : { memoryBytes }),
  };
}

function groupsOf(facts: HostFacts, root: (controller: string) => string): ControlGroups {
  const has = (controller: string) => facts.controllers.includes(controller);
  return {
    version: facts.groups ?? 2,
    roots: {
      ...(has('cpu') ? { cpu: root('cpu') } : {}),
      ...(has('cpuset') ? { cpuset: root('cpuset') } : {}),
      ...(has('memory') ? { memory: root('memory') } : {}),
    },
    problems: {},
    memoryNodes: facts.memoryNodes,
  };
}

function ableBy({ roots }: ControlGroups): ReadonlySet<Capability> {
  return new Set<Capability>([
    ...(roots.cpuset === undefined ? [] : (['pin'] as const)),
    ...(roots.cpu === undefined ? [] : (['quota', 'slow'] as const)),
    ...(roots.memory === undefined ? [] : (['memory'] as const)),
  ]);
}

function settingWords({ path, value, optional }: GroupSetting): readonly string[] {
  return [optional === true ? 'optional' : 'needed', path, value];
}

function isNone(value: string): boolean {
  return value.trim() === '' || value.startsWith('max') || value === '-1';
}

function sudo({ userId }: HostFacts): string {
  return userId === 0 ? '' : 'sudo -n ';
}
