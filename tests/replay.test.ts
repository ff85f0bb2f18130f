/** An exported experiment is run once more, on a machine that has nothing of it but the bundle. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tilebed } from './support/cli.ts';
import { TWO_EDGES, Workspace } from './support/workspace.ts';

test('a bundle replays where its files are gone, and finds the same', async () => {
  await using workspace = await Workspace.make();
  await workspace.writeTestbed();
  await workspace.writeExperiment(
    'frames: { count: 2 }\nmatrix: { edges: [1], grid: [2x2], fusedLayers: [4] }\n',
  );
  const { results, folder, testbed } = workspace;
  await workspace.run('--quiet');
  const bundle = join(folder, 'bundle.tar.gz');
  await tilebed(['export', results, bundle]);
  const first = await workspace.records();
  await rm(results, { recursive: true });
  for (const name of ['experiment.yaml', 'testbed.yaml', 'tiny.cfg']) await rm(join(folder, name));

  const again = join(folder, 'again');
  const { exitCode, stdout, stderr } = await tilebed(
    ['replay', bundle, '--results', again, '--format', 'json'],
    { cwd: folder },
  );
  expect(stderr).toContain('Everything is as it was then.');
  expect(exitCode).toBe(0);
  const { differences, outputs } = JSON.parse(stdout);
  expect(differences).toEqual([]);
  expect(outputs).toHaveLength(1);
  expect(outputs[0].after).toBe(outputs[0].before);
  const second = await workspace.records(again);
  expect(second.map(({ trial }) => trial)).toEqual(first.map(({ trial }) => trial));

  await workspace.writeTestbed(TWO_EDGES.replace('10.77.0.4', '10.77.0.9'));
  const elsewhere = await tilebed(['replay', bundle, '--dry-run', '--testbed', testbed]);
  expect(elsewhere.stdout).toContain('testbed: another file');
});
