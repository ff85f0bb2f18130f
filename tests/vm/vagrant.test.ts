/**
 * The provider `vagrant` keeps the contract with real machines of libvirt, emulated where KVM does not
 * work. They take a minute or two to start, so all groups share one testbed.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand, tryCommand } from '../../harness/machine/command.ts';
import { VIRSH } from '../../harness/providers/vagrant/libvirt.ts';
import { ownVagrant } from '../../harness/providers/vagrant/settings.ts';
import { sshConfigFile } from '../../harness/providers/vagrant/ssh-config.ts';
import { leftVagrants } from '../../harness/providers/vagrant/vagrant-command.ts';
import { tilebed } from '../support/cli.ts';
import { eventually } from '../support/processes.ts';
import { providerContract } from '../testbeds/providers/contract.ts';
import { upThoughKilled } from '../testbeds/providers/contract-slow-life.ts';
import { upTestbed } from '../testbeds/providers/up-testbed.ts';
import { BOX, withoutVagrant } from './require-vagrant.ts';

const SUBNETS = ['10.33.20', '10.33.21'] as const;
const LINES = `network: { subnet: ${SUBNETS[0]}.0/24 }
nodes:
  gateway: { role: gateway, address: ${SUBNETS[0]}.2, memory: 512MiB }
  edge0: { role: edge, address: ${SUBNETS[0]}.3, memory: 512MiB, cpus: [1], cpuQuota: 90% }
vagrant: { hypervisor: libvirt, driver: qemu, box: ${BOX}, bootTimeout: 9m }
`;

/**
 * With the engine in WebAssembly, which computes the same bits on every CPU; native ones round otherwise
 * where a CPU has other instructions. Emulated machines need patience.
 */
const EXPERIMENT = `engine: tfjs-wasm
frames: { count: 2, sources: [edge0] }
matrix: { edges: [1], grid: [2x2], fusedLayers: [4] }
liveness: { heartbeat: 2s, lostAfter: 60s }
timeout: 8m
`;

const ATTEMPTS = 5;
/** Tells how long the same work took, in milliseconds. */
const WORK = `const start = performance.now();
for (let sum = 0, at = 0; at < 3e7; at++) sum += at;
console.log(performance.now() - start);`;

/** Waits for the first words of an SSH server. */
const GREETING = `const socket = require('net').connect({ host: process.argv[1], port: 22 });
socket.setTimeout(3000, () => process.exit(1)).once('data', () => process.exit(0));
socket.on('error', () => process.exit(1));`;

/** Machines, disks and networks of libvirt's, and what Vagrant is at. */
async function remains(stateFolder: string): Promise<readonly string[]> {
  const { network } = ownVagrant({ stateFolder });
  const lists = await Promise.all([
    runCommand([...VIRSH, 'list', '--all', '--name']),
    runCommand([...VIRSH, 'net-list', '--all', '--name']),
    runCommand([...VIRSH, 'vol-list', 'default']),
  ]);
  return [
    ...lists
      .flatMap((list) => list.split('\n'))
      .map((line) => line.trim().split(/\s+/)[0]!)
      .filter((name) => name.startsWith(network)),
    ...(await leftVagrants({ stateFolder })).map(String),
  ];
}

async function processes(stateFolder: string, node: string): Promise<readonly number[]> {
  const config = sshConfigFile({ stateFolder });
  const { stdout } = await tryCommand(['ssh', '-F', config, node, 'pidof', 'node']);
  return stdout.split(/\s+/).filter(Boolean).map(Number);
}

describe.skipIf(withoutVagrant)('machines of libvirt', () => {
  const testbed = upTestbed({ name: 'vagrant' }, LINES, (workspace) =>
    upThoughKilled(workspace, remains),
  );
  const domain = (node: string) =>
    `${ownVagrant({ stateFolder: testbed.workspace.state }).prefix}${node}`;
  const idOf = (node: string) => runCommand([...VIRSH, 'domuuid', domain(node)]);

  test('have the memory and CPUs that the file says, and are pinned and limited', async () => {
    const { transport, node } = testbed.node('edge0');
    const script = `const os = require('os');
console.log(JSON.stringify([os.hostname(), os.cpus().length, os.totalmem() / 2 ** 20]))`;
    const { stdout } = await transport.exec([node, '-e', script]);
    const [name, cpus, memory] = JSON.parse(stdout) as [string, number, number];
    expect({ name, cpus }).toEqual({ name: 'edge0', cpus: 1 });
    // The kernel keeps some for itself.
    expect(memory).toBeGreaterThan(400);
    expect(memory).toBeLessThanOrEqual(512);
    const pins = await runCommand([...VIRSH, 'vcpupin', domain('edge0')]);
    expect(pins).toMatch(/^\s*0\s+1$/m);
    const schedule = await runCommand([...VIRSH, 'schedinfo', domain('edge0')]);
    expect(schedule).toMatch(/^vcpu_quota\s*: 90000$/m);
  });

  test('have their addresses from netplan', async () => {
    const { transport } = testbed.node('edge0');
    const { stdout } = await transport.exec(['sudo', 'cat', '/etc/netplan/50-vagrant.yaml']);
    expect(stdout).toContain(`${SUBNETS[0]}.3/24`);
  });

  test('tell their state', async () => {
    const { stdout } = await tilebed(['status', testbed.workspace.testbed, '--format', 'json']);
    const { nodes } = JSON.parse(stdout) as { nodes: { health: { kind: string } }[] };
    expect(nodes.map(({ health }) => health.kind)).toEqual(['up', 'up']);
  });

  test('run the very experiment that local nodes run, with the same detections', async () => {
    const { workspace } = testbed;
    await workspace.writeExperiment(EXPERIMENT);
    const here = join(workspace.folder, 'here.yaml');
    const [nodes] = LINES.split('vagrant:');
    await writeFile(here, `name: here\nprovider: local\n${nodes!.replace(/, cpus.*%/, '')}`);
    for (const file of [workspace.testbed, here]) {
      const results = `${file}.results`;
      const run = ['run', workspace.experiment, '--testbed', file, '--results', results];
      expect(await tilebed(run)).toMatchObject({ exitCode: 0 });
    }
    const [there, local] = await Promise.all(
      [workspace.testbed, here].map(async (file) =>
        (await workspace.records(`${file}.results`)).map(({ status, frames }) => ({
          status,
          found: frames.map(({ frame, detections }) => ({ frame, detections })),
        })),
      ),
    );
    expect(local![0]!.found[0]!.detections.length).toBeGreaterThan(0);
    expect(there).toEqual(local);
  });

  test('have links as `tilebed shape` wants them, kept by the relay', async () => {
    const { testbed: file } = testbed.workspace;
    const shape = (verb: string, ...flags: string[]) => tilebed(['shape', verb, file, ...flags]);
    await shape('set', '--rate', '8mbit', '--delay', '100ms');
    const verify = () => shape('verify', '--tolerance', '30%');
    let verdict = await verify();
    // A busy machine makes links worse, never better.
    for (let attempt = 1; attempt < ATTEMPTS && verdict.exitCode !== 0; attempt++) {
      verdict = await verify();
    }
    expect(verdict).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('200.0 ms') });
    expect((await shape('show')).stdout).toContain('the relay keeps: 8 Mbit/s, delay 100 ms of');
    await shape('reset');
  });

  test('become slow, and as fast as before', async () => {
    const { transport, node, faults } = testbed.node('edge0');
    const workMs = async () => Number((await transport.exec([node, '-e', WORK])).stdout);
    await workMs();
    const before = await workMs();
    const end = await faults.slow(0.2);
    const slowed = await workMs();
    await end();
    const after = await workMs();
    expect(slowed / before).toBeGreaterThan(2);
    expect(slowed / after).toBeGreaterThan(2);
  });

  test('that a fault left frozen or cut off are put right by up, and not made anew', async () => {
    const ids = await Promise.all(['gateway', 'edge0'].map(idOf));
    await testbed.node('edge0').faults.cut();
    await testbed.node('gateway').faults.freeze();
    const { exitCode, stderr } = await tilebed(['up', testbed.workspace.testbed]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('put gateway right: done');
    expect(stderr).toContain('put edge0 right: done');
    expect(await Promise.all(['gateway', 'edge0'].map(idOf))).toEqual(ids);
    const again = await tilebed(['up', testbed.workspace.testbed]);
    expect(again.stdout).toBe('test is up already: nothing to change');
  });

  test('are made anew where the file now says otherwise, and no others are', async () => {
    const { workspace } = testbed;
    const [gateway, edge0] = await Promise.all(['gateway', 'edge0'].map(idOf));
    await workspace.writeTestbed(LINES.replace('memory: 512MiB, cpus', 'memory: 384MiB, cpus'));
    const { exitCode, stderr } = await tilebed(['up', workspace.testbed]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    await testbed.reopen();
    expect(await idOf('gateway')).toBe(gateway);
    expect(await idOf('edge0')).not.toBe(edge0);
    const argv = ['exec', workspace.testbed, 'edge0', '--', 'node', '-p', 'os.totalmem()'];
    const { stdout } = await tilebed(argv);
    expect(Number(stdout)).toBeLessThanOrEqual(384 * 2 ** 20);
    expect(Number(stdout)).toBeGreaterThan(256 * 2 ** 20);
    // It has another hardware address now, and its neighbours believe in the old one for some seconds.
    const { transport, node } = testbed.node('gateway');
    const greeted = async () =>
      (await transport.exec([node, '-e', GREETING, testbed.node('edge0').address])).exitCode === 0;
    await eventually('its neighbour finds it', greeted, 60_000);
  });

  providerContract({
    name: 'vagrant',
    subnets: SUBNETS,
    able: ['pin', 'quota', 'memory', 'freeze', 'slow', 'cut'],
    remains,
    processes,
    shared: testbed,
  });
});
