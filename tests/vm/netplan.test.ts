/**
 * Machines over SSH as they are on a desk: systemd, control groups of version 2, addresses by netplan, and the
 * mistakes that lock one out elsewhere. Emulated, so netplan alone takes half a minute.
 */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownNames } from '../../harness/providers/ssh/hosts.ts';
import { startTilebed, tilebed } from '../support/cli.ts';
import { found } from '../support/found.ts';
import { eventually } from '../support/processes.ts';
import { Workspace } from '../support/workspace.ts';
import { EmulatedMachines, withoutEmulator } from './emulated-machines.ts';

const HOSTS = [2, 3] as const;
const MANAGEMENT = '10.32.40';
const SUBNET = '10.32.41';
/** Where nobody is. */
const NOWHERE = '10.32.42';
const PATIENCE_MS = 300_000;
const LIMITS = 'cpus: [1], cpuQuota: 50%, memory: 300MiB, link: { rate: 50mbit, delay: 10ms }';
const EXPERIMENT = `engine: tfjs-wasm
frames: { count: 2, sources: [edge0] }
matrix: { edges: [1], grid: [2x2], fusedLayers: [4] }
liveness: { heartbeat: 2s, lostAfter: 60s }
timeout: 8m
`;

function nodes(subnet: string, limits = ''): string {
  return `network: { subnet: ${subnet}.0/24 }
nodes:
  gateway: { role: gateway, address: ${subnet}.12 }
  edge0: { role: edge, address: ${subnet}.13, ${limits} }
`;
}

describe.skipIf(withoutEmulator)('emulated machines', () => {
  let machines: EmulatedMachines;
  beforeAll(async () => {
    const networks = { management: MANAGEMENT, testbed: SUBNET };
    machines = await EmulatedMachines.start({ ...networks, hosts: HOSTS });
  });
  afterAll(() => machines?.[Symbol.asyncDispose]());

  async function workspaceWith(device: string, rollbackSeconds: number): Promise<Workspace> {
    return Workspace.make(
      'ssh',
      `ssh:
  user: vagrant
  key: ${machines.key}
  hostKeys: accept-new
  knownHosts: ${machines.knownHosts}
  node: /usr/local/bin/node
  hosts: { gateway: { address: ${MANAGEMENT}.2 }, edge0: { address: ${MANAGEMENT}.3 } }
  netplan: { interface: ${device}, rollbackSeconds: ${rollbackSeconds} }
`,
    );
  }

  /** The files of netplan, with their names, modes and contents, and the addresses that there are. */
  async function network(host: number): Promise<string> {
    const files = 'sudo sh -c "cd / && stat -c \'%n %a\' etc/netplan/* && sha256sum etc/netplan/*"';
    const trial = 'ls /run/netplan 2> /dev/null | grep tilebed';
    const addresses = "ip -4 -o address | awk '{ print $2, $4 }'";
    return machines.run(host, `${files}; ${trial}; ${addresses}`);
  }

  async function everywhere<Value>(ask: (host: number) => Promise<Value>): Promise<Value[]> {
    return Promise.all(HOSTS.map(ask));
  }

  /** It may be out of reach for a while. */
  async function isAsBefore(host: number, before: string): Promise<void> {
    const isBack = async () => (await network(host).catch(() => undefined)) === before;
    await eventually(`the network of before on ${host}`, isBack, PATIENCE_MS);
  }

  async function onTrial(host: number): Promise<void> {
    const look = 'ls /run/netplan/60-tilebed.yaml';
    const isTried = async () => (await machines.try(host, look)).exitCode === 0;
    await eventually('the new address', isTried, PATIENCE_MS);
  }

  test('get addresses and limits, find what local nodes find, and are as before', async () => {
    const before = await everywhere(network);
    await using local = await Workspace.make('local');
    await using workspace = await workspaceWith('eth1', 120);
    await workspace.writeTestbed(nodes(SUBNET, LIMITS));
    const up = await tilebed(['up', workspace.testbed]);
    expect(up).toMatchObject({ exitCode: 0 });
    for (const host of HOSTS) {
      const now = await network(host);
      expect(now).toContain('etc/netplan/60-tilebed.yaml 600');
      expect(now).toContain(`eth1 ${SUBNET}.1${host}/24`);
      expect(now).toContain(`eth0 ${MANAGEMENT}.${host}/24`);
    }

    const results: unknown[] = [];
    await local.writeTestbed(nodes('10.77.3'));
    for (const site of [local, workspace]) {
      await site.writeExperiment(EXPERIMENT);
      const run = ['run', site.experiment, '--results', site.results, '--quiet'];
      expect(await tilebed(run)).toMatchObject({ exitCode: 0 });
      results.push((await site.records()).map((record) => [record.status, found(record)]));
    }
    expect(results[1]).toEqual(results[0]);

    const { id } = ownNames({ stateFolder: workspace.state });
    const slice = `/sys/fs/cgroup/tilebed.slice/tilebed-${id}.slice/tilebed-${id}-edge0.slice`;
    const read = `cd ${slice} && cat cpuset.cpus.effective cpu.max memory.max memory.swap.max`;
    expect(await machines.run(3, read)).toBe(`1\n50000 100000\n${300 * 2 ** 20}\n0`);
    // It has been in force: the runtime would have taken more.
    expect(await machines.run(3, `cat ${slice}/cpu.stat`)).toMatch(/^nr_throttled [1-9]/m);
    const inside = ['exec', workspace.testbed, 'edge0', '--'];
    const own = await tilebed([...inside, 'grep', '^Cpus_allowed_list', '/proc/self/status']);
    expect(own.stdout).toMatch(/:\t1$/);
    const greedy = 'Buffer.alloc(400 * 2 ** 20, 1)';
    const over = await tilebed([...inside, 'node', '-e', greedy]);
    expect(over.exitCode).not.toBe(0);
    expect(await machines.run(3, `cat ${slice}/memory.events`)).toMatch(/^oom_kill [1-9]/m);
    expect(await machines.run(3, 'tc qdisc show dev eth1')).toMatch(/netem .*delay 10ms/);
    const ping = await machines.run(2, `ping -c 5 -i 0.2 -q ${SUBNET}.13`);
    expect(Number(/= ([\d.]+)\//.exec(ping)![1])).toBeGreaterThan(10);

    const again = await tilebed(['up', workspace.testbed]);
    expect(again.stdout).toContain('is up already: nothing to change');
    expect(await tilebed(['down', workspace.testbed])).toMatchObject({ exitCode: 0 });
    for (const [index, host] of HOSTS.entries()) {
      await isAsBefore(host, before[index]!);
      const left = 'ls /var/tmp; ls -d /sys/fs/cgroup/tilebed.slice/*.slice 2> /dev/null; true';
      expect(await machines.run(host, left)).not.toContain('tilebed');
    }
  }, 1_500_000);

  test('that are given an address where nobody reaches them come back, and it is told', async () => {
    const before = await everywhere(network);
    await using workspace = await workspaceWith('eth0', 10);
    await workspace.writeTestbed(nodes(NOWHERE));
    const { exitCode, stderr } = await tilebed(['up', workspace.testbed]);
    expect(exitCode).toBe(1);
    for (const [node, host] of [['gateway', 12] as const, ['edge0', 13] as const]) {
      const told = `${node} did not answer at ${NOWHERE}.${host} within 10 s`;
      expect(stderr).toMatch(new RegExp(`${told}.*; it is as it was before`));
    }
    expect(stderr).toContain('is `interface` the one with the cable');
    expect(await everywhere(network)).toEqual(before);
  });

  test('whose harness is killed before it confirms come back by themselves', async () => {
    const before = await everywhere(network);
    await using workspace = await workspaceWith('eth1', 10);
    await workspace.writeTestbed(nodes(SUBNET));
    const harness = startTilebed(['up', workspace.testbed]);
    await onTrial(2);
    harness.kill('SIGKILL');
    await harness;
    // Whatever the harness had time for, in the end there is nothing of it, with and without its record.
    await rm(workspace.state, { recursive: true });
    expect(await tilebed(['down', workspace.testbed])).toMatchObject({ exitCode: 0 });
    for (const [index, host] of HOSTS.entries()) await isAsBefore(host, before[index]!);
  });

  test('may change the very address by which they are reached', async () => {
    const before = await everywhere(network);
    await using workspace = await workspaceWith('eth0', 60);
    await workspace.writeTestbed(nodes(MANAGEMENT));
    expect(await tilebed(['up', workspace.testbed])).toMatchObject({ exitCode: 0 });
    const names = await tilebed([
      'exec',
      workspace.testbed,
      'edge0',
      '--',
      'ip',
      '-4',
      '-o',
      'address',
    ]);
    expect(names.stdout).toContain(`eth0    inet ${MANAGEMENT}.13/24`);
    expect(names.stdout).not.toContain(`${MANAGEMENT}.3/24`);
    expect(await tilebed(['down', workspace.testbed])).toMatchObject({ exitCode: 0 });
    for (const [index, host] of HOSTS.entries()) await isAsBefore(host, before[index]!);
  });

  test('whose cable is pulled while the harness is interrupted come back', async () => {
    const before = await everywhere(network);
    await using workspace = await workspaceWith('eth0', 10);
    await workspace.writeTestbed(nodes(MANAGEMENT));
    const harness = startTilebed(['up', workspace.testbed]);
    await onTrial(2);
    await machines.setCables(2, 'down');
    harness.kill('SIGINT');
    const { exitCode, stderr } = await harness;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/not everything could be cleaned\n +gateway: /);
    await machines.setCables(2, 'up');
    for (const [index, host] of HOSTS.entries()) await isAsBefore(host, before[index]!);
    expect(await tilebed(['down', workspace.testbed])).toMatchObject({ exitCode: 0 });
  });
});
