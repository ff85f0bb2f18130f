/** Weights in fewer bits, in real trials: less memory, and a record of what they cost. */
import { expect, test } from 'vitest';
import { tilebed } from './support/cli.ts';
import { Workspace } from './support/workspace.ts';

test('each precision holds its weights as it says, and tells how far it is from float32', async () => {
  await using workspace = await Workspace.make();
  await workspace.writeTestbed();
  await workspace.writeExperiment(`frames: { count: 2, sources: [edge0] }
matrix: { grid: [3x2], fusedLayers: [6], strategy: [ftp-wst], precision: [float32, float16-weights, int8] }
threshold: 0.05
liveness: { lostAfter: 30s }
`);
  expect(await workspace.run('--quiet')).toMatchObject({ exitCode: 0, stderr: '' });
  const records = await workspace.records();
  const of = (precision: string) =>
    records.find(({ parameters }) => parameters.precision === precision)!;
  const [full, half, byte] = [of('float32'), of('float16-weights'), of('int8')];
  expect(full.accuracy).toBeUndefined();
  // What differs is the weights: 24 kB as float32.
  const bytes = [full, half, byte].map(({ nodes }) => nodes['edge0']!.engineBytes);
  expect(bytes[1]).toBeLessThan(bytes[0]!);
  expect(bytes[2]).toBeLessThan(bytes[1]!);
  // Eight bits are coarser than sixteen, and neither is exact.
  expect(half.accuracy!.largestDifference).toBeGreaterThan(0);
  expect(byte.accuracy!.largestDifference).toBeGreaterThan(half.accuracy!.largestDifference);
  const report = ['report', workspace.results, '--format', 'md', '--output', '-'];
  expect((await tilebed(report)).stdout).toMatch(/float16-weights.*\d+ of \d+/);
});
