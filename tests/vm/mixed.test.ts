/**
 * One testbed with a node of every provider: they meet at the relay, and find what local nodes find.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../harness/machine/command.ts';
import { VIRSH } from '../../harness/providers/vagrant/libvirt.ts';
import { ownVagrant } from '../../harness/providers/vagrant/settings.ts';
import { useEngine } from '../support/docker-engine.ts';
import { found } from '../support/found.ts';
import { remainsOfNamespaces, remainsOfNodes } from '../support/remains.ts';
import { withoutDocker, withoutNetns, withoutSshd } from '../support/require.ts';
import { SshFleet } from '../support/ssh-fleet.ts';
import { Workspace } from '../support/workspace.ts';
import { BOX, withoutVagrant } from './require-vagrant.ts';

const SUBNETS = { docker: '10.33.22', vagrant: '10.33.23', netns: '10.33.24', ssh: '10.33.25' };
/** In WebAssembly, which computes the same bits on every CPU; emulated machines need patience. */
const EXPERIMENT = `engine: tfjs-wasm
frames: { count: 2, sources: [edge0] }
matrix: { edges: [4], grid: [2x2], fusedLayers: [4], strategy: [neighbour] }
threshold: 0.05
liveness: { heartbeat: 2s, lostAfter: 60s }
timeout: 8m
`;
const LOCAL = `network: { subnet: 10.33.22.0/24 }
nodes:
  gateway: { role: gateway, address: 10.33.22.2 }
edges: { count: 4, from: 10.33.22.3 }
`;
const MIXED = `network:
  subnet: ${SUBNETS.docker}.0/24
  subnets: { ssh: ${SUBNETS.ssh}.0/24, netns: ${SUBNETS.netns}.0/24, vagrant: ${SUBNETS.vagrant}.0/24 }
nodes:
  gateway: { role: gateway, address: ${SUBNETS.docker}.2 }
  edge0: { role: edge, address: ${SUBNETS.vagrant}.4, provider: vagrant, memory: 512MiB }
  edge1: { role: edge, address: ${SUBNETS.docker}.4, provider: local }
  edge2: { role: edge, address: ${SUBNETS.netns}.4, provider: netns }
  edge3: { role: edge, address: ${SUBNETS.ssh}.4, provider: ssh }
`;

const isLacking = withoutVagrant || withoutDocker || withoutNetns || withoutSshd;

describe.skipIf(isLacking)('nodes of every provider in one testbed', () => {
  useEngine();
  let fleet: SshFleet | undefined;
  beforeAll(async () => {
    fleet = await SshFleet.start({ name: 'tbvmmix', subnets: [SUBNETS.ssh], hosts: [4] });
  });
  afterAll(() => fleet?.[Symbol.asyncDispose]());

  test('find what local nodes find, and leave nothing', async () => {
    const vagrant = `vagrant: { hypervisor: libvirt, driver: qemu, box: ${BOX}, bootTimeout: 9m }\n`;
    await using local = await Workspace.make('local');
    await using mixed = await Workspace.make('docker', vagrant + fleet!.block());
    await local.writeTestbed(LOCAL);
    await mixed.writeTestbed(MIXED);
    const results: unknown[] = [];
    for (const site of [local, mixed]) {
      await site.writeExperiment(EXPERIMENT);
      expect(await site.run('--quiet')).toMatchObject({ exitCode: 0 });
      results.push((await site.records()).map((record) => [record.status, found(record)]));
    }
    expect(results[1]).toEqual(results[0]);
    const { testbed, nodes } = await mixed.manifest();
    expect(testbed.provider.split('+').toSorted()).toEqual(
      [...Object.keys(SUBNETS), 'local'].toSorted(),
    );
    expect(nodes['edge0']).toMatchObject({ hostname: 'edge0', address: `${SUBNETS.vagrant}.4` });
    expect(nodes['edge3']).toMatchObject({ hostname: 'pi-4', address: `${SUBNETS.ssh}.4` });

    const parts = join(mixed.state, 'parts');
    const { network } = ownVagrant({ stateFolder: join(parts, 'vagrant') });
    expect(await runCommand([...VIRSH, 'list', '--all', '--name'])).not.toContain(network);
    expect(await runCommand([...VIRSH, 'net-list', '--all', '--name'])).not.toContain(network);
    expect(await runCommand(['docker', 'ps', '--all', '--quiet'])).toBe('');
    expect(await remainsOfNodes(join(parts, 'local'))).toEqual([]);
    expect(await remainsOfNamespaces(join(parts, 'netns'))).toEqual([]);
    expect(await fleet!.names(`${SUBNETS.ssh}.4`)).toEqual([]);
  });
});
