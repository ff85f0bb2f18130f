/** Plans from snapshots, without an engine. */
import { expect, test } from 'vitest';
import type { Testbed } from '../../spec/resolved.ts';
import { ownNames, RECIPE_LABEL } from './names.ts';
import { bridgeNetwork, overlayNetwork } from './network.ts';
import { containerName, containerSteps, quotaUs } from './plan.ts';
import type { Container, Snapshot } from './snapshot.ts';

const names = ownNames({ stateFolder: '/x/.tilebed/t' });
const NOTHING: Snapshot = {
  containers: new Map(),
  volumes: new Set(),
  network: undefined,
  otherNetworks: [],
};

function testbed(...edges: string[]): Testbed {
  return {
    name: 't',
    file: '/x/t.yaml',
    text: '',
    seed: 1,
    provider: 'docker',
    subnet: '10.31.60.0/24',
    tolerate: [],
    security: 'psk',
    nodes: [
      { name: 'gateway', role: 'gateway', address: '10.31.60.2' },
      ...edges.map((name, index) => ({
        name,
        role: 'edge' as const,
        address: `10.31.60.${index + 3}`,
        cpuQuota: 0.5,
      })),
    ],
    providerBlock: {},
  };
}

function steps(wanted: Testbed, snapshot: Snapshot, image = 'tilebed/node:a') {
  return containerSteps({
    names,
    network: bridgeNetwork(wanted, names),
    networkEngine: 0,
    engines: [{ nodes: wanted.nodes, snapshot, image, where: '' }],
  });
}

/** What an engine holds once these steps are taken. */
function afterwards(wanted: Testbed, change: (container: Container) => Container = (c) => c) {
  const taken = steps(wanted, NOTHING).flatMap(({ actions }) => actions);
  const recipeOf = (verb: string, own: string) => {
    const action = taken.find((argv) => argv[0] === verb && argv.includes(own))!;
    return action.find((word) => word.startsWith(`${RECIPE_LABEL}=`))!.split('=')[1]!;
  };
  const containers = wanted.nodes.map(({ name, address, cpuQuota }): [string, Container] => {
    const own = containerName(names, name);
    const container: Container = {
      Name: `/${own}`,
      State: { Status: 'running', Running: true, Paused: false, Pid: 7 },
      HostConfig: { CpuQuota: cpuQuota === undefined ? 0 : quotaUs(cpuQuota) },
      Config: { Labels: { [RECIPE_LABEL]: recipeOf('run', own) } },
      NetworkSettings: { Networks: { [names.network]: { IPAddress: address } } },
    };
    return [own, change(container)];
  });
  return {
    containers: new Map(containers),
    volumes: new Set(containers.map(([name]) => name)),
    network: {
      Name: names.network,
      Labels: { [RECIPE_LABEL]: recipeOf('network', names.network) },
      IPAM: { Config: [{ Subnet: wanted.subnet }] },
    },
    otherNetworks: [],
  } satisfies Snapshot;
}

const titles = (found: ReturnType<typeof steps>) => found.map(({ title }) => title);

test('nothing is there: a network, and a volume and a container each', () => {
  const found = steps(testbed('edge0'), NOTHING);
  expect(titles(found)).toEqual([
    `make the network ${names.network} of 10.31.60.0/24`,
    'make the container of gateway at 10.31.60.2',
    'make the container of edge0 at 10.31.60.3',
  ]);
  const [volume, run] = found[2]!.actions;
  expect(volume!.slice(0, 2)).toEqual(['volume', 'create']);
  expect(run!.join(' ')).toContain('--cpu-period 100000 --cpu-quota 50000');
  expect(run!.join(' ')).toContain('--read-only');
});

test('all is there: nothing', () => {
  const wanted = testbed('edge0', 'edge1');
  expect(steps(wanted, afterwards(wanted))).toEqual([]);
});

test('a volume without its container is used', () => {
  const wanted = testbed('edge0');
  const snapshot = afterwards(wanted);
  snapshot.containers.delete(containerName(names, 'edge0'));
  const found = steps(wanted, snapshot);
  expect(titles(found)).toEqual(['make the container of edge0 at 10.31.60.3']);
  expect(found[0]!.actions).toHaveLength(1);
});

test('what a node no longer is goes first, with its volume', () => {
  const before = afterwards(testbed('edge0', 'edge1'));
  const own = containerName(names, 'edge1');
  expect(steps(testbed('edge0'), before)).toEqual([
    {
      title: 'remove what the testbed no longer has',
      engine: 0,
      actions: [
        ['rm', '--force', own],
        ['volume', 'rm', own],
      ],
    },
  ]);
});

test('another image or subnet makes all anew', () => {
  const wanted = testbed('edge0');
  expect(titles(steps(wanted, afterwards(wanted), 'tilebed/node:b'))).toEqual([
    'remove what the testbed no longer has',
    'make the container of gateway at 10.31.60.2',
    'make the container of edge0 at 10.31.60.3',
  ]);
  const moved = { ...wanted, subnet: '10.31.0.0/16' };
  const first = steps(moved, afterwards(wanted)).slice(0, 2);
  expect(first.flatMap(({ actions }) => actions.map(([verb]) => verb))).toEqual([
    'rm',
    'volume',
    'network',
  ]);
});

test('what faults have left is put right', () => {
  const wanted = testbed('edge0');
  const broken = afterwards(wanted, (container) => ({
    ...container,
    State: { ...container.State, Paused: true },
    HostConfig: { CpuQuota: 1000 },
    NetworkSettings: { Networks: {} },
  }));
  const own = containerName(names, 'edge0');
  expect(steps(wanted, broken).at(-1)!.actions).toEqual([
    ['unpause', own],
    ['update', '--cpu-period', '100000', '--cpu-quota', '50000', own],
    ['network', 'connect', '--ip', '10.31.60.3', '--alias', 'edge0', names.network, own],
  ]);
});

test('on several engines: the manager makes the network, and a node that moves leaves its place first', () => {
  const wanted = testbed('edge0');
  const [gateway, edge] = wanted.nodes;
  const engines = (nodesA: Testbed['nodes'], nodesB: Testbed['nodes']) => [
    { nodes: nodesA, snapshot: NOTHING, image: 'tilebed/node:a', where: ' on a' },
    { nodes: nodesB, snapshot: NOTHING, image: 'tilebed/node:a', where: ' on b' },
  ];
  const facts = { names, network: overlayNetwork(wanted, names, 2), networkEngine: 1 };
  const found = containerSteps({ ...facts, engines: engines([gateway!], [edge!]) });
  expect(found.map(({ title, engine }) => [title, engine])).toEqual([
    [`make the network ${names.network} of 10.31.60.0/24`, 1],
    ['make the container of gateway at 10.31.60.2 on a', 0],
    ['make the container of edge0 at 10.31.60.3 on b', 1],
  ]);
  const { containers, volumes } = afterwards(wanted);
  const [onA, onB] = engines([gateway!, edge!], []);
  const snapshot = { ...NOTHING, containers, volumes };
  const moved = containerSteps({ ...facts, engines: [onA!, { ...onB!, snapshot }] });
  expect(moved[0]).toMatchObject({
    title: 'remove what the testbed no longer has on b',
    engine: 1,
  });
});
