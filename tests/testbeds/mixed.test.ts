/** One testbed with nodes of two providers: the same experiment, the same detections, and nothing left. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { tilebed } from '../support/cli.ts';
import { startEngine } from '../support/docker-engine.ts';
import { remainsOfNamespaces, remainsOfNodes } from '../support/remains.ts';
import { withoutDocker, withoutNetns } from '../support/require.ts';
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

async function detections(workspace: Workspace): Promise<string> {
  await workspace.writeExperiment(EXPERIMENT);
  const argv = ['run', workspace.experiment, '--results', workspace.results, '--quiet'];
  expect(await tilebed(argv)).toMatchObject({ exitCode: 0 });
  const [record] = await workspace.records();
  expect(record).toMatchObject({ status: 'ok' });
  const found = record!.frames.map(({ source, frame, detections }) => [source, frame, detections]);
  return JSON.stringify(found.toSorted((a, b) => (String(a) < String(b) ? -1 : 1)));
}

describe.skipIf(withoutDocker)('a container and a process in one testbed', async () => {
  const end = withoutDocker ? async () => {} : await startEngine();
  afterAll(end);

  test('find what local nodes find', async () => {
    await using local = await Workspace.make('local');
    await using mixed = await Workspace.make('docker');
    await local.writeTestbed(lines());
    await mixed.writeTestbed(lines(', provider: local'));
    expect(await detections(mixed)).toBe(await detections(local));
    expect((await mixed.manifest()).testbed.provider).toBe('docker+local');
  });

  test('would not reach namespaces of the same subnet', async () => {
    await using workspace = await Workspace.make('docker');
    await workspace.writeTestbed(lines(', provider: netns'));
    const { exitCode, stderr } = await tilebed(['up', workspace.testbed]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('docker and netns would each make a network of 10.34.80.0/24');
  });
});

describe.skipIf(withoutNetns)('namespaces and a process in one testbed', () => {
  test('find what local nodes find, meeting at the relay', async () => {
    await using local = await Workspace.make('local');
    await using mixed = await Workspace.make('netns');
    await local.writeTestbed(lines());
    await mixed.writeTestbed(lines(', provider: local'));
    expect(await detections(mixed)).toBe(await detections(local));
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
