/** A virtual machine beside processes of this machine: they meet at the relay, and find what local nodes find. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../harness/machine/command.ts';
import { VIRSH } from '../../harness/providers/vagrant/libvirt.ts';
import { ownVagrant } from '../../harness/providers/vagrant/settings.ts';
import { tilebed } from '../support/cli.ts';
import { found } from '../support/found.ts';
import { remainsOfNodes } from '../support/remains.ts';
import { Workspace } from '../support/workspace.ts';
import { BOX, withoutVagrant } from './require-vagrant.ts';

const SUBNET = '10.33.23';
/** In WebAssembly, which computes the same bits on every CPU; emulated machines need patience. */
const EXPERIMENT = `engine: tfjs-wasm
frames: { count: 2, sources: [edge1] }
matrix: { grid: [2x2], fusedLayers: [4] }
threshold: 0.05
liveness: { heartbeat: 2s, lostAfter: 60s }
timeout: 8m
`;

function lines(network: string, edge1: string): string {
  return `network: { subnet: 10.33.22.0/24${network} }
nodes:
  gateway: { role: gateway, address: 10.33.22.2 }
  edge0: { role: edge, address: 10.33.22.3 }
  edge1: { role: edge, address: ${edge1} }
`;
}

describe.skipIf(withoutVagrant)('a machine of libvirt and processes in one testbed', () => {
  test('find what local nodes find, and leave nothing', async () => {
    const block = `vagrant: { hypervisor: libvirt, driver: qemu, box: ${BOX}, bootTimeout: 9m }\n`;
    await using local = await Workspace.make('local');
    await using mixed = await Workspace.make('local', block);
    await local.writeTestbed(lines('', '10.33.22.4'));
    const machine = `${SUBNET}.4, provider: vagrant, memory: 512MiB`;
    await mixed.writeTestbed(lines(`, subnets: { vagrant: ${SUBNET}.0/24 }`, machine));
    const results: unknown[] = [];
    for (const site of [local, mixed]) {
      await site.writeExperiment(EXPERIMENT);
      const run = ['run', site.experiment, '--results', site.results, '--quiet'];
      expect(await tilebed(run)).toMatchObject({ exitCode: 0 });
      results.push((await site.records()).map((record) => [record.status, found(record)]));
    }
    expect(results[1]).toEqual(results[0]);
    const { testbed, nodes } = await mixed.manifest();
    expect(testbed.provider).toBe('local+vagrant');
    expect(nodes['edge1']).toMatchObject({ hostname: 'edge1', address: `${SUBNET}.4` });

    const parts = join(mixed.state, 'parts');
    const { network } = ownVagrant({ stateFolder: join(parts, 'vagrant') });
    expect(await runCommand([...VIRSH, 'list', '--all', '--name'])).not.toContain(network);
    expect(await runCommand([...VIRSH, 'net-list', '--all', '--name'])).not.toContain(network);
    expect(await remainsOfNodes(join(parts, 'local'))).toEqual([]);
  });
});
