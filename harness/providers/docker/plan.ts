/**
 * What a testbed of containers still wants: pure, from the testbed and a snapshot of the engine. A step
 * holds only commands whose effect is missing, so a plan that was broken off goes on where it stopped,
 * and one that is all in place is empty. Commands are without `docker` itself, which a remote engine
 * changes.
 */
import { createHash } from 'node:crypto';
import { NODE_FOLDER } from '../../image/root-files.ts';
import { hostAddress, subnetOf } from '../../spec/addresses.ts';
import type { Testbed, TestbedNode } from '../../spec/resolved.ts';
import { NODE_LABEL, type OwnNames, ownerLabel, RECIPE_LABEL } from './names.ts';
import type { Container, Snapshot } from './snapshot.ts';

/** Commands under one title. */
export interface CommandStep {
  readonly title: string;
  readonly node?: string;
  readonly actions: readonly (readonly string[])[];
}

export interface PlanFacts {
  readonly names: OwnNames;
  readonly snapshot: Snapshot;
  readonly image: string;
}

/** Docker's own numbers, in microseconds: what `update` can both set and take back. */
export const PERIOD_US = 100_000;
const NO_QUOTA = -1;
const SMALLEST_QUOTA_US = 1000;
/** Enough for a role's threads, too few for a runaway. */
const MOST_PROCESSES = 512;
const TEMPORARY = '/tmp:rw,nosuid,nodev,size=64m';

/** Steps that have nothing to do are left out. */
export function containerSteps(testbed: Testbed, facts: PlanFacts): readonly CommandStep[] {
  const keepsNetwork = facts.snapshot.network?.Labels?.[RECIPE_LABEL] === networkRecipe(testbed);
  const kept = keptContainers(testbed, facts);
  return [
    removeStrays(testbed, facts, kept, keepsNetwork),
    makeNetwork(testbed, facts, keepsNetwork),
    ...testbed.nodes.map((node) => makeNode(node, facts, kept)),
  ].filter(({ actions }) => actions.length > 0);
}

export function containerName({ prefix }: OwnNames, node: string): string {
  return prefix + node;
}

/** In microseconds of each period; none is -1. */
export function quotaUs(cpuQuota: number | undefined, periodUs = PERIOD_US): number {
  if (cpuQuota === undefined) return NO_QUOTA;
  return Math.max(SMALLEST_QUOTA_US, Math.round(cpuQuota * periodUs));
}

/** Containers that are as the testbed wants them, but for what a fault has done to them. */
export function keptContainers(
  testbed: Testbed,
  { names, snapshot, image }: PlanFacts,
): ReadonlyMap<string, Container> {
  if (snapshot.network?.Labels?.[RECIPE_LABEL] !== networkRecipe(testbed)) return new Map();
  const recipes = new Map(
    testbed.nodes.map((node) => [
      containerName(names, node.name),
      recipe(createArguments(node, names, image)),
    ]),
  );
  return new Map(
    [...snapshot.containers].filter(
      ([name, { Config }]) =>
        recipes.has(name) && Config.Labels?.[RECIPE_LABEL] === recipes.get(name),
    ),
  );
}

/** What an earlier version of the testbed had, and what must be made anew. */
function removeStrays(
  { nodes }: Testbed,
  { names, snapshot }: PlanFacts,
  kept: ReadonlyMap<string, Container>,
  keepsNetwork: boolean,
): CommandStep {
  const wanted = new Set(nodes.map(({ name }) => containerName(names, name)));
  const strays = [...snapshot.containers.keys()].filter((name) => !kept.has(name));
  // A volume holds what its image brought: with another image it would hide the new runtime.
  const volumes = [...snapshot.volumes].filter(
    (name) => !wanted.has(name) || strays.includes(name),
  );
  const network = snapshot.network !== undefined && !keepsNetwork;
  return {
    title: 'remove what the testbed no longer has',
    actions: [
      ...(strays.length === 0 ? [] : [['rm', '--force', ...strays]]),
      ...(volumes.length === 0 ? [] : [['volume', 'rm', ...volumes]]),
      ...(network ? [['network', 'rm', names.network]] : []),
    ],
  };
}

function makeNetwork(testbed: Testbed, { names }: PlanFacts, isThere: boolean): CommandStep {
  const { subnet } = testbed;
  return {
    title: `make the network ${names.network} of ${subnet}`,
    actions: isThere
      ? []
      : [
          [
            ...['network', 'create', '--driver', 'bridge', '--subnet', subnet],
            ...['--gateway', hostAddress(subnetOf(subnet), testbed.nodes) ?? ''],
            ...['--opt', `com.docker.network.bridge.name=${names.bridge}`],
            ...[
              '--label',
              ownerLabel(names),
              '--label',
              `${RECIPE_LABEL}=${networkRecipe(testbed)}`,
            ],
            names.network,
          ],
        ],
  };
}

function networkRecipe({ subnet, nodes }: Testbed): string {
  return recipe([subnet, hostAddress(subnetOf(subnet), nodes) ?? '']);
}

/** Makes a container, or heals one: stopped, frozen, slowed or cut off by a fault that nobody took back. */
function makeNode(
  node: TestbedNode,
  facts: PlanFacts,
  kept: ReadonlyMap<string, Container>,
): CommandStep {
  const { names, snapshot, image } = facts;
  const name = containerName(names, node.name);
  const create = createArguments(node, names, image);
  const found = kept.get(name);
  if (found !== undefined) {
    return {
      title: `put ${node.name} right`,
      node: node.name,
      actions: healing(node, name, found, names),
    };
  }
  // One whose container went is empty, or holds what is still good.
  const hasVolume = snapshot.volumes.has(name) && !snapshot.containers.has(name);
  const labels = ['--label', ownerLabel(names), '--label', `${NODE_LABEL}=${node.name}`];
  return {
    title: `make the container of ${node.name} at ${node.address}`,
    node: node.name,
    actions: [
      ...(hasVolume ? [] : [['volume', 'create', ...labels, name]]),
      [
        ...['run', '--detach', ...labels, '--label', `${RECIPE_LABEL}=${recipe(create)}`],
        ...create,
      ],
    ],
  };
}

function healing(
  { name: node, address, cpuQuota }: TestbedNode,
  name: string,
  { State, HostConfig, NetworkSettings }: Container,
  { network }: OwnNames,
): readonly (readonly string[])[] {
  const quota = quotaUs(cpuQuota);
  // Docker writes none as 0 in what it was made with, as -1 in what it was changed to.
  const isSlow = Math.max(0, HostConfig.CpuQuota) !== Math.max(0, quota);
  return [
    ...(State.Paused ? [['unpause', name]] : []),
    ...(isSlow ? [['update', ...quotaArguments(quota), name]] : []),
    ...(NetworkSettings.Networks[network] === undefined
      ? [connectArguments(network, name, node, address)]
      : []),
    ...(State.Running ? [] : [['start', name]]),
  ];
}

export function connectArguments(
  network: string,
  container: string,
  node: string,
  address: string,
): readonly string[] {
  return ['network', 'connect', '--ip', address, '--alias', node, network, container];
}

function quotaArguments(quota: number): readonly string[] {
  return ['--cpu-period', String(PERIOD_US), '--cpu-quota', String(quota)];
}

/** Everything of `docker run` that a change of the testbed can change. */
function createArguments(
  { name: node, address, cpus, cpuQuota, memoryBytes }: TestbedNode,
  names: OwnNames,
  image: string,
): readonly string[] {
  const name = containerName(names, node);
  return [
    ...['--name', name, '--hostname', node],
    ...['--network', names.network, '--ip', address, '--network-alias', node],
    ...['--read-only', '--tmpfs', TEMPORARY],
    ...['--mount', `type=volume,source=${name},target=${NODE_FOLDER}`],
    ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
    ...['--pids-limit', String(MOST_PROCESSES), '--stop-timeout', '1'],
    ...(cpus === undefined ? [] : ['--cpuset-cpus', cpus.join(',')]),
    ...(cpuQuota === undefined ? [] : quotaArguments(quotaUs(cpuQuota))),
    // As much memory with swap as without: no swap.
    ...(memoryBytes === undefined
      ? []
      : ['--memory', String(memoryBytes), '--memory-swap', String(memoryBytes)]),
    image,
  ];
}

function recipe(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
