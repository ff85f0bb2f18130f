/**
 * The package as `npm pack` makes it, installed where there is no checkout: it holds everything that a testbed of its
 * own needs. Installed without the packages' install scripts, of which one would fetch CUDA's libraries.
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';

const EXPERIMENT = `
name: packed
testbed: testbed.yaml
model: { cfg: yolov2-first16.cfg, weights: synthetic:7 }
frames: { count: 1, sources: [edge0] }
matrix: { edges: [2], grid: [3x3], fusedLayers: [16] }
`;

test('a packed and installed tilebed inits, runs and leaves nothing', {
  timeout: 300_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tilebed-package-'));
  const at = { cwd: folder };
  try {
    await execa('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
    const [packed] = await readdir(folder);
    await execa('npm', ['install', '--ignore-scripts', '--no-audit', join(folder, packed!)], at);
    const tilebed = join(folder, 'node_modules/.bin/tilebed');

    await execa(tilebed, ['init', '--provider', 'local'], at);
    await writeFile(join(folder, 'experiment.yaml'), EXPERIMENT);
    const { stdout } = await execa(tilebed, ['run', 'experiment.yaml', '--format', 'json'], at);

    expect(JSON.parse(stdout)).toMatchObject({ summary: { points: [{ ok: 1 }] } });
    const { stdout: status } = await execa(tilebed, ['status', 'testbed.yaml'], at);
    expect(status).toContain('testbed (local) is down');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
