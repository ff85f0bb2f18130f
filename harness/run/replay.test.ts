/** What a replay takes from a bundle, what it refuses, and what it tells. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VERSION } from '../package-root.ts';
import type { Manifest } from '../results/format.ts';
import { differencesFrom, replayedExperiment, replayedTestbed } from './replay.ts';

const HOST = {
  hostname: 'a',
  architecture: 'x64',
  kernel: '6.1',
  cpuModel: 'a CPU',
  cpus: [0, 1],
  memoryBytes: 1,
  nodeVersion: 'v22.0.0',
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilebed-replay-test-'));
  await mkdir(join(folder, 'inputs'));
  await writeFile(join(folder, 'inputs/net.cfg'), 'a network');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function manifest(weights: string, cfg = 'a network'): Manifest {
  const text = `name: test
model: { cfg: elsewhere/net.cfg, weights: own.weights }
frames: { count: 1, images: pictures-that-are-gone }
matrix: { fusedLayers: [2], grid: [2x2] }
`;
  return {
    experiment: { name: 'test', file: join(folder, 'gone/experiment.yaml'), text },
    testbed: { text: 'a testbed' },
    model: { weights: 'own.weights', labels: ['cat'] },
    ingredients: {
      cfg: { name: 'net.cfg', sha256: hash(cfg) },
      weights: { name: 'own.weights', sha256: hash(weights) },
      pictures: [{ name: 'a.jpg', sha256: hash('a picture') }],
    },
    versions: { tilebed: VERSION, runtime: 'abc', engine: 'onnxruntime 1.21.1', node: 'v22.0.0' },
    host: HOST,
  } as unknown as Manifest;
}

test('network, pictures, labels and weights of then, whatever else lies around', async () => {
  const weights = join(folder, 'moved.weights');
  await writeFile(weights, 'numbers');
  await mkdir(join(folder, 'inputs/pictures'));
  await writeFile(join(folder, 'inputs/pictures/a.jpg'), 'a picture');
  const source = { folder, manifest: manifest('numbers') };
  const { experiment } = await replayedExperiment(source, weights);
  expect(experiment.model).toEqual({
    cfg: join(folder, 'inputs/net.cfg'),
    weights: { kind: 'file', path: weights },
    labels: ['cat'],
  });
  expect(experiment.frames.images).toEqual([join(folder, 'inputs/pictures/a.jpg')]);

  const others = { folder, manifest: manifest('other numbers') };
  await expect(replayedExperiment(others, weights)).rejects.toThrow('others than then');
  await expect(replayedExperiment(others)).rejects.toThrow('own.weights: these weights');
});

test('a network that is not that of then is refused', async () => {
  const source = { folder, manifest: manifest('numbers', 'another network') };
  await expect(replayedExperiment(source)).rejects.toThrow('is not what the experiment');
});

test("a stranger's testbed runs no commands, one's own does", async () => {
  const file = join(folder, 'own.yaml');
  const text = `name: metered
provider: local
network: { subnet: 10.1.0.0/24 }
meter: { command: [read-plug] }
nodes:
  gateway: { role: gateway, address: 10.1.0.2 }
  edge0: { role: edge, address: 10.1.0.3 }
`;
  const source = { folder, manifest: { testbed: { file, text } } as unknown as Manifest };
  await expect(replayedTestbed(source)).rejects.toThrow('would run `read-plug`');
  await writeFile(file, text);
  expect((await replayedTestbed(source)).meter?.command).toEqual(['read-plug']);
});

test('what it would be run with, where it is something else', () => {
  const probe = { ...HOST, engine: { name: 'onnxruntime', version: '1.21.1' } };
  const then = manifest('');
  const now = { runtime: 'abc', testbed: 'a testbed', probe };
  expect(differencesFrom(then, now)).toEqual([]);
  const other = { ...probe, cpuModel: 'another CPU', engine: { ...probe.engine, version: '2' } };
  expect(differencesFrom(then, { runtime: 'def', testbed: 'another', probe: other })).toEqual([
    'runtime: abc then, def now',
    'engine: onnxruntime 1.21.1 then, onnxruntime 2 now',
    'CPU: a CPU (x64, 2 CPUs) then, another CPU (x64, 2 CPUs) now',
    'testbed: another file',
  ]);
});
