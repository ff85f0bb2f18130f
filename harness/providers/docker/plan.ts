/**
 * What a testbed of containers still wants: pure, from the testbed and a snapshot of its engines. A step
 * holds only commands whose effect is missing, so a plan that was broken off goes on where it stopped,
 * and one that is all in place is empty. Commands are without `docker` itself, which a remote engine
 * changes.
 */
import { NODE_FOLDER } from '../../image/root-files.ts';
import type { TestbedNode } from '../../spec/resolved.ts';
import { NODE_LABEL, type OwnNames, ownerLabel, RECIPE_LABEL } from './names.ts';
import { type NetworkPlan, recipeOf } from './network.ts';
import type { Container, Snapshot } from './snapshot.ts';

/** Commands under one title. */
export interface CommandStep {
  readonly title: string;
  readonly node?: string;
  /** Whose commands they are: the place in `PlanFacts.engines`. */
  readonly engine: number;
  readonly actions: readonly (readonly string[])[];
}

/** An engine, what it holds, and what is to be on it. */
export interface EngineFacts {
  readonly nodes: readonly TestbedNode[];
  readonly snapshot: Snapshot;
  readonly image: string;
  /** Such as " on ssh://b", where there are several. */
  readonly where: string;
}

export interface PlanFacts {
  readonly names: OwnNames;
  readonly network: NetworkPlan;
  /** The one that makes and removes the network: of a swarm, a manager. */
  readonly networkEngine: number;
  readonly engines: readonly EngineFacts[];
}

/** Docker's own numbers, in microseconds: what `update` can both set and take back. */
export const PERIOD_US = 100_000;
const NO_QUOTA = -1;
const SMALLEST_QUOTA_US = 1000;
/** Enough for a role's threads, too few for a runaway. */
const MOST_PROCESSES = 512;
const TEMPORARY = '/tmp:rw,nosuid,nodev,size=64m';

/** Steps that have nothing to do are left out. */
export function containerSteps(facts: PlanFacts): readonly CommandStep[] {
  const { engines, network, networkEngine } = facts;
  const keepsNetwork = isKept(facts);
  const kept = engines.map((_, index) => keptContainers(facts, index));
  return [
    ...engines.map((_, index) => removeStrays(facts, index, kept[index]!)),
    removeNetwork(facts, keepsNetwork),
    {
      title: network.title,
      engine: networkEngine,
      actions: keepsNetwork ? [] : [network.create],
    },
    ...engines.flatMap(({ nodes }, index) =>
      nodes.map((node) => makeNode(node, facts, index, kept[index]!)),
    ),
  ].filter(({ actions }) => actions.length > 0);
}

function isKept({ engines, network, networkEngine }: PlanFacts): boolean {
  return engines[networkEngine]!.snapshot.network?.Labels?.[RECIPE_LABEL] === network.recipe;
}

export function containerName({ prefix }: OwnNames, node: string): string {
  return prefix + node;
}

/** In microseconds of each period; none is -1. */
export function quotaUs(cpuQuota: number | undefined): number {
  if (cpuQuota === undefined) return NO_QUOTA;
  return Math.max(SMALLEST_QUOTA_US, Math.round(cpuQuota * PERIOD_US));
}

/** Containers of an engine that are as the testbed wants them, but for what a fault has done to them. */
export function keptContainers(facts: PlanFacts, engine: number): ReadonlyMap<string, Container> {
  if (!isKept(facts)) return new Map();
  const { names } = facts;
  const { nodes, snapshot, image } = facts.engines[engine]!;
  const recipes = new Map(
    nodes.map((node) => [
      containerName(names, node.name),
      recipeOf(createArguments(node, names, image)),
    ]),
  );
  return new Map(
    [...snapshot.containers].filter(
      ([name, { Config }]) =>
        recipes.has(name) && Config.Labels?.[RECIPE_LABEL] === recipes.get(name),
    ),
  );
}

/** What an earlier version of the testbed had here, and what must be made anew. */
function removeStrays(
  { names, engines }: PlanFacts,
  engine: number,
  kept: ReadonlyMap<string, Container>,
): CommandStep {
  const { nodes, snapshot, where } = engines[engine]!;
  const wanted = new Set(nodes.map(({ name }) => containerName(names, name)));
  const strays = [...snapshot.containers.keys()].filter((name) => !kept.has(name));
  // A volume holds what its image brought: with another image it would hide the new runtime.
  const volumes = [...snapshot.volumes].filter(
    (name) => !wanted.has(name) || strays.includes(name),
  );
  return {
    title: `remove what the testbed no longer has${where}`,
    engine,
    actions: [
      ...(strays.length === 0 ? [] : [['rm', '--force', ...strays]]),
      ...(volumes.length === 0 ? [] : [['volume', 'rm', ...volumes]]),
    ],
  };
}

function removeNetwork({ names, engines, networkEngine }: PlanFacts, isKept: boolean): CommandStep {
  const isThere = engines[networkEngine]!.snapshot.network !== undefined;
  return {
    title: `remove the network ${names.network} as it was`,
    engine: networkEngine,
    actions: isThere && !isKept ? [['network', 'rm', names.network]] : [],
  };
}

/** Makes a container, or heals one: stopped, frozen, slowed or cut off by a fault that nobody took back. */
function makeNode(
  node: TestbedNode,
  { names, engines }: PlanFacts,
  engine: number,
  kept: ReadonlyMap<string, Container>,
): CommandStep {
  const { snapshot, image, where } = engines[engine]!;
  const name = containerName(names, node.name);
  const create = createArguments(node, names, image);
  const found = kept.get(name);
  if (found !== undefined) {
    return {
      title: `put ${node.name} right`,
      node: node.name,
      engine,
      actions: healing(node, name, found, names),
    };
  }
  // One whose container went is empty, or holds what is still good.
  const hasVolume = snapshot.volumes.has(name) && !snapshot.containers.has(name);
  const labels = ['--label', ownerLabel(names), '--label', `${NODE_LABEL}=${node.name}`];
  return {
    title: `make the container of ${node.name} at ${node.address}${where}`,
    node: node.name,
    engine,
    actions: [
      ...(hasVolume ? [] : [['volume', 'create', ...labels, name]]),
      [
        ...['run', '--detach', ...labels, '--label', `${RECIPE_LABEL}=${recipeOf(create)}`],
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
