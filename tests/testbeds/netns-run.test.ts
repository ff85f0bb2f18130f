/** The very experiment of local nodes on namespaces: what is found is the same to the last bit. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Manifest, TrialRecord } from '../../harness/results/format.ts';
import { tilebed } from '../support/cli.ts';
import { found } from '../support/found.ts';
import { remainsOfNodes } from '../support/remains.ts';
import { withoutNetns } from '../support/require.ts';
import { Workspace } from '../support/workspace.ts';

const EXPERIMENT = `frames: { count: 3, sources: [edge0, edge1] }
matrix: { grid: [1x1, 3x2], fusedLayers: [6] }
threshold: 0.05
`;

function testbed(link = ''): string {
  return `network: { subnet: 10.91.40.0/24${link} }
nodes:
  gateway: { role: gateway, address: 10.91.40.2 }
  edge0: { role: edge, address: 10.91.40.3, cpus: [0] }
  edge1: { role: edge, address: 10.91.40.4 }
`;
}

async function runOn(workspace: Workspace): Promise<readonly TrialRecord[]> {
  await workspace.writeExperiment(EXPERIMENT);
  const argv = ['run', workspace.experiment, '--results', workspace.results, '--quiet'];
  const { exitCode, stderr } = await tilebed(argv);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return workspace.records();
}

describe.skipIf(withoutNetns)('an experiment on namespaces', () => {
  test('finds what it finds on local nodes, over links with the rate that was asked for', async () => {
    await using local = await Workspace.make('local');
    await using netns = await Workspace.make('netns');
    await local.writeTestbed(testbed());
    await netns.writeTestbed(testbed(', link: { rate: 50mbit }'));
    const here = await runOn(local);
    const there = await runOn(netns);
    expect(there.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(
      there.flatMap(({ frames }) => frames.flatMap(({ detections }) => detections)),
    ).not.toEqual([]);
    // Detections do not depend on the grid, so the order of trials does not matter.
    expect(new Set([...here.map(found), ...there.map(found)]).size).toBe(1);

    const manifest = JSON.parse(
      await readFile(join(netns.results, 'manifest.json'), 'utf8'),
    ) as Manifest;
    expect(manifest.nodes['edge0']).toMatchObject({
      hostname: 'edge0',
      address: '10.91.40.3',
      cpus: [0],
    });
    const { asked, measured } = manifest.links!['edge1']!;
    expect(asked.rateBitsPerSecond).toBe(50e6);
    expect(measured.sendBitsPerSecond).toBeGreaterThan(35e6);
    expect(measured.sendBitsPerSecond).toBeLessThan(56e6);
    expect(await remainsOfNodes(netns.state)).toEqual([]);
  });

  test('on a link where a map takes longer than an edge may be silent, nobody is given up', async () => {
    await using workspace = await Workspace.make('netns');
    await workspace.writeTestbed(testbed(', link: { rate: 2mbit }'));
    await workspace.writeExperiment(`frames: { count: 1, sources: [edge0] }
matrix: { grid: [2x2], fusedLayers: [1], strategy: [ftp-wst, neighbour] }
warmup: 0
`);
    await tilebed(['run', workspace.experiment, '--results', workspace.results, '--quiet']);
    const records = await workspace.records();
    expect(records.map(({ status, reasons }) => reasons ?? status)).toEqual(['ok', 'ok']);
    // The map has 819 kB, and all of it goes to the gateway.
    for (const { makespanMs } of records) expect(makespanMs).toBeGreaterThan(3277);
  });
});
