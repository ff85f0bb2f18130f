/**
 * Results for tests, from a small simulation with a seeded generator: two points of three repetitions
 * each, of which one is degraded (an edge is lost on the way) and one failed. Everything in it hangs
 * together: spans, makespans, latencies, tiles and bytes come from the same simulated trial.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type {
  Manifest,
  NodeFacts,
  Parameters,
  Trace,
  TrialRecord,
} from '../harness/results/format.ts';
import { MANIFEST_FILE, outputPath, TRIALS_FILE, tracePath } from '../harness/results/layout.ts';
import { seededRandom } from '../harness/results/seeded-random.ts';
import { simulateTrial } from './fixture-trial.ts';
import type { Results } from './read.ts';

const MEBIBYTE = 2 ** 20;
const REPETITIONS = 3;
const POINTS: readonly Parameters[] = [1, 2].map((edges) => ({
  edges,
  grid: '5x5',
  fusedLayers: 16,
  strategy: 'deepthings',
  reuse: true,
}));

/** The results as they would be read; `folder` need not exist. */
export function fixtureResults(seed = 1, folder = 'results'): Results {
  const random = seededRandom(seed);
  const trials: TrialRecord[] = [];
  const traces: Trace[] = [];
  for (let repetition = 1; repetition <= REPETITIONS; repetition++) {
    for (const parameters of POINTS) {
      const name = { trial: `${parameters.edges}a7f3c1e9d`, repetition };
      const identity = {
        ...name,
        parameters,
        startedAt: new Date(Date.UTC(2026, 2, 14, 9, 30, 10 * trials.length)).toISOString(),
        order: trials.length,
      };
      if (parameters.edges === 1 && repetition === 2) {
        const error = 'edge0 exited with status 137: killed, its memory limit is 256 MiB';
        trials.push({
          ...identity,
          status: 'failed',
          error,
          frames: [],
          lostFrames: [],
          nodes: {},
        });
        continue;
      }
      const loseHelperAtMs = parameters.edges === 2 && repetition === 3 ? 900 : undefined;
      const run = simulateTrial({ edges: parameters.edges, random, loseHelperAtMs });
      trials.push({ ...identity, ...run.record });
      traces.push({ ...name, ...run.trace });
    }
  }
  return { folder, manifest: fixtureManifest(seed), trials, traces, damagedLines: [] };
}

/** Writes the fixture as a results folder, with pictures. */
export async function writeFixture(folder: string, seed = 1): Promise<Results> {
  const results = fixtureResults(seed, folder);
  const lines = results.trials.map((trial) => `${JSON.stringify(trial)}\n`);
  await write(join(folder, MANIFEST_FILE), JSON.stringify(results.manifest, null, 2));
  await write(join(folder, TRIALS_FILE), lines.join(''));
  for (const trace of results.traces) {
    await write(tracePath(folder, trace), JSON.stringify(trace));
  }
  for (const trial of results.trials) {
    for (const frame of trial.frames) {
      await write(outputPath(folder, trial, frame), await drawPicture(frame.frame));
    }
  }
  return results;
}

function fixtureManifest(seed: number): Manifest {
  return {
    format: 1,
    experiment: {
      name: 'stealing-on-a-laptop',
      description: 'Three frames of one source, with and without a second edge that steals.',
      file: 'stealing.yaml',
      text: 'name: stealing-on-a-laptop\nmatrix: { edges: [1, 2], grid: [5x5] } # two points\nrepeat: 3\n',
    },
    testbed: {
      name: 'laptop',
      provider: 'local',
      security: 'none',
      file: 'laptop.yaml',
      text: 'name: laptop\nprovider: local\nsecurity: none\n',
    },
    model: { cfg: 'yolov2.cfg', weights: 'synthetic:7', trained: false, labels: ['person', 'car'] },
    startedAt: '2026-03-14T09:29:40.000Z',
    endedAt: '2026-03-14T09:31:12.000Z',
    seed,
    repeat: REPETITIONS,
    versions: {
      tilebed: '0.1.0',
      runtime: 'b1946ac92492d234',
      engine: 'onnxruntime 1.21.1',
      node: 'v20.19.4',
      commit: '3f786850e387550fdab836ed7e6dc881de23001b',
    },
    host: fixtureNode([0, 1, 2, 3]),
    nodes: {
      gateway: { ...fixtureNode([0]), ...place('gateway', '10.10.10.2') },
      edge0: { ...fixtureNode([1]), ...place('edge', '10.10.10.3'), memoryLimitBytes: 2 ** 30 },
      edge1: { ...fixtureNode([2]), ...place('edge', '10.10.10.4'), memoryLimitBytes: 2 ** 30 },
    },
    warnings: ['the governor of CPU 2 is powersave: its speed may change during a trial'],
  };
}

function place(
  role: NodeFacts['role'],
  testbedAddress: string,
): Pick<NodeFacts, 'role' | 'address' | 'testbedAddress'> {
  return { role, address: testbedAddress.replace('10.10.10', '127.10.10'), testbedAddress };
}

function fixtureNode(
  cpus: readonly number[],
): Omit<NodeFacts, 'role' | 'address' | 'testbedAddress'> {
  return {
    hostname: 'laptop',
    architecture: 'x64',
    kernel: '6.8.0-52-generic',
    cpuModel: 'AMD Ryzen 7 5800U',
    cpus,
    memoryBytes: 15_883 * MEBIBYTE,
    nodeVersion: 'v20.19.4',
  };
}

function drawPicture(frame: number): Promise<Buffer> {
  const left = 60 + frame * 110;
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="420">
    <rect width="640" height="240" fill="#9db9d6"/><rect y="240" width="640" height="180" fill="#57595c"/>
    <rect x="${left}" y="250" width="170" height="50" fill="#a33f3f"/>
    <rect x="${left - 8}" y="205" width="186" height="112" fill="none" stroke="#ff9d00" stroke-width="4"/>
  </svg>`;
  return sharp(Buffer.from(drawing)).jpeg().toBuffer();
}

async function write(file: string, data: string | Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, data);
}
