/** One testbed with nodes of two providers: the same experiment, the same detections, and nothing left. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tilebed } from '../support/cli.ts';
import { useEngine } from '../support/docker-engine.ts';
import { remainsOfNamespaces, remainsOfNodes } from '../support/remains.ts';
import { withoutDocker, withoutNetns, withoutSshd } from '../support/require.ts';
import { SshFleet } from '../support/ssh-fleet.ts';
import { Workspace } from '../support/workspace.ts';

const EXPERIMENT = `frames: { count: 2, sources: [edge0, edge1] }
matrix: { grid: [3x2], fusedLayers: [6], reuse: [true] }
threshold: 0.05
`;

function lines(edge1 = ''): string {
  return `network: { subnet: 10.34.80.0/24 }
nodes:
  gateway: { role: gateway, address: 10.34.80.2 }
  edge0: { role: edge, address: 10.34.80.3 }
  edge1: { role: edge, address: 10.34.80.4${edge1} }
`;
}

/** With edge1 of another provider, and in a subnet of its own. */
function inSubnets(own: string, provider: string, other: string, more = ''): string {
  return `network: { subnet: ${own}.0/24, subnets: { ${provider}: ${other}.0/24 }${more} }
nodes:
  gateway: { role: gateway, address: ${own}.2 }
  edge0: { role: edge, address: ${own}.3 }
  edge1: { role: edge, address: ${other}.4, provider: ${provider} }
`;
}

/** Of the same experiment on local nodes alone. */
async function localDetections(): Promise<string> {
  await using local = await Workspace.make('local');
  await local.writeTestbed(lines());
  return await detections(local);
}

async function detections(workspace: Workspace): Promise<string> {
  await workspace.writeExperiment(EXPERIMENT);
  const argv = ['run', workspace.experiment, '--results', workspace.results, '--quiet'];
  expect(await tilebed(argv)).toMatchObject({ exitCode: 0 });
  const [record] = await workspace.records();
  expect(record).toMatchObject({ status: 'ok' });
  const found = record!.frames.map(({ source, frame, detections }) => [source, frame, detections]);
  return JSON.stringify(found.toSorted((a, b) => (String(a) < String(b) ? -1 : 1)));
}

describe.skipIf(withoutDocker)('a container and a process in one testbed', () => {
  useEngine();

  test('find what local nodes find', async () => {
    await using mixed = await Workspace.make('docker');
    await mixed.writeTestbed(lines(', provider: local'));
    expect(await detections(mixed)).toBe(await localDetections());
    expect((await mixed.manifest()).testbed.provider).toBe('docker+local');
  });

  test('would not reach namespaces of the same subnet', async () => {
    await using workspace = await Workspace.make('docker');
    await workspace.writeTestbed(lines(', provider: netns'));
    const { exitCode, stderr } = await tilebed(['up', workspace.testbed]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('docker and netns would each have a network of 10.34.80.0/24');
    expect(stderr).toContain('`subnets: { netns: ADDRESS/24 }` under `network`');
  });

  test.skipIf(withoutNetns)('reach namespaces of another subnet', async () => {
    await using workspace = await Workspace.make('docker');
    await workspace.writeTestbed(inSubnets('10.34.80', 'netns', '10.34.81'));
    expect(await detections(workspace)).toBe(await localDetections());
  });
});

describe.skipIf(withoutSshd || withoutNetns)('machines over SSH and nodes of this one', () => {
  const SUBNET = '10.33.40';
  let fleet: SshFleet;
  beforeAll(async () => {
    fleet = await SshFleet.start({ name: 'tbmix', subnets: [SUBNET], hosts: [2, 3] });
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  test.each(['local', 'netns'])('%s: find what local nodes find', async (provider) => {
    await using mixed = await Workspace.make('ssh', fleet.block());
    await mixed.writeTestbed(inSubnets(SUBNET, provider, '10.33.41'));
    expect(await detections(mixed)).toBe(await localDetections());
    const manifest = await mixed.manifest();
    expect(manifest.testbed.provider).toBe(`ssh+${provider}`);
    expect(manifest.nodes['edge0']).toMatchObject({ hostname: 'pi-3' });
    expect(await remainsOfNamespaces(join(mixed.state, 'parts/netns'))).toEqual([]);
    expect(await fleet.names(`${SUBNET}.3`)).toEqual([]);
  });

  test('have links between them, kept by the relay', async () => {
    await using mixed = await Workspace.make('ssh', fleet.block());
    const links = ', links: [{ between: [edge0, edge1], delay: 20ms }]';
    await mixed.writeTestbed(inSubnets(SUBNET, 'local', '10.33.41', links));
    expect(await tilebed(['up', mixed.testbed])).toMatchObject({ exitCode: 0 });
    const verify = () => tilebed(['shape', 'verify', mixed.testbed]);
    let verdict = await verify();
    // A busy machine makes links worse, never better.
    for (let attempt = 1; attempt < 5 && verdict.exitCode !== 0; attempt++) {
      verdict = await verify();
    }
    expect(verdict).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('40.0 ms') });
  });

  test('need networks of their own, and this machine in each', async () => {
    await using workspace = await Workspace.make('ssh', fleet.block());
    await workspace.writeTestbed(inSubnets(SUBNET, 'netns', SUBNET));
    const one = await tilebed(['up', workspace.testbed]);
    expect(one.exitCode).toBe(2);
    expect(one.stderr).toContain(`ssh and netns would each have a network of ${SUBNET}.0/24`);
    await workspace.writeTestbed(inSubnets('10.33.42', 'local', '10.33.41'));
    const far = await tilebed(['up', workspace.testbed]);
    expect(far.stderr).toContain('nodes of ssh and of other providers cannot reach each other');
    expect(far.stderr).toContain('which has no address in 10.33.42.0/24');
  });
});

describe.skipIf(withoutNetns)('namespaces and a process in one testbed', () => {
  test('find what local nodes find, meeting at the relay', async () => {
    await using mixed = await Workspace.make('netns');
    await mixed.writeTestbed(lines(', provider: local'));
    expect(await detections(mixed)).toBe(await localDetections());
    const manifest = await mixed.manifest();
    expect(manifest.testbed.provider).toBe('netns+local');
    expect(manifest.relay).toEqual({ nodes: {}, pairs: [] });
    expect(manifest.nodes['edge0']).toMatchObject({ hostname: 'edge0', address: '10.34.80.3' });
    expect(manifest.nodes['edge1']).toMatchObject({ address: '127.34.80.4' });
  });

  test('come up once, are shown, and leave nothing, whatever the file has become', async () => {
    await using workspace = await Workspace.make('netns');
    await workspace.writeTestbed(lines(', provider: local'));
    const up = () => tilebed(['up', workspace.testbed]);
    expect(await up()).toMatchObject({ exitCode: 0, stdout: 'test is up: 3 nodes' });
    expect((await up()).stdout).toBe('test is up already: nothing to change');
    const { stdout } = await tilebed(['status', workspace.testbed]);
    expect(stdout).toMatch(/edge1 +edge +local +10\.34\.80\.4 +127\.34\.80\.4/);
    const parts = join(workspace.state, 'parts');
    expect(await remainsOfNamespaces(join(parts, 'netns'))).not.toEqual([]);
    expect(await remainsOfNodes(join(parts, 'local'))).toEqual(['edge1']);
    await workspace.writeTestbed(lines());
    const changed = await up();
    expect(changed.exitCode).toBe(1);
    expect(changed.stderr).toContain('test came up with the provider netns+local');
    expect((await tilebed(['down', workspace.testbed])).exitCode).toBe(0);
    expect(await remainsOfNamespaces(join(parts, 'netns'))).toEqual([]);
    expect(await readdir(join(workspace.folder, '.tilebed'))).toEqual([]);
  });
});
