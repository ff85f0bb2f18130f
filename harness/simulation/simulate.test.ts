/** An experiment that is simulated: what it expects, and what it learns from measured trials. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareWithMeasured } from '../../reports/against.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { type LoadedExperiment, loadExperiment } from '../spec/load-experiment.ts';
import { loadTestbed } from '../spec/load-testbed.ts';
import type { Testbed } from '../spec/resolved.ts';
import { wayOf } from './profile.ts';
import type { Ran } from './ran.ts';
import { type SimulateOptions, type Simulation, simulateExperiment } from './simulate.ts';

const folder = join(PACKAGE_ROOT, 'experiments/papers');
const fig13 = await loadExperiment(join(folder, 'deepthings-fig13-quick.yaml'));
const sixPis = await loadTestbed(join(folder, 'six-pis-quick.yaml'));

function simulate(
  loaded: LoadedExperiment,
  testbed: Testbed,
  options: Partial<SimulateOptions> = {},
): Promise<Simulation> {
  const { signal } = new AbortController();
  return simulateExperiment(loaded, testbed, { spans: false, signal, ...options });
}

function latencyOf({ trials }: Simulation, strategy: string, edges: number): number {
  const found = trials.find(
    ({ parameters }) => parameters.strategy === strategy && parameters.edges === edges,
  );
  return found!.frames[0]!.latencyMs;
}

test('it has every point of the matrix, in the time of the devices, and says that nothing was run', async () => {
  const simulation = await simulate(fig13, sixPis);
  expect(simulation.trials).toHaveLength(fig13.experiment.trials.length);
  expect(simulation.trials.every(({ simulated }) => simulated)).toBe(true);
  expect(simulation.manifest.simulated).toContain('guessed');
  expect(simulation.manifest.warnings.join()).toContain('Nothing was run');
  // 13.56 s are what the plain layers take on an rpi3; the rest is reading, sending and messages.
  const plainMs = latencyOf(simulation, 'local', 1);
  expect(plainMs).toBeGreaterThan(13_560);
  expect(plainMs).toBeLessThan(16_500);
  expect(latencyOf(simulation, 'ftp-wst', 4)).toBeLessThan(latencyOf(simulation, 'ftp-wst', 1) / 2);
  expect(latencyOf(simulation, 'deepthings', 4)).toBeLessThan(latencyOf(simulation, 'ftp-wst', 4));
});

test('what one edge measured says what more will take', async () => {
  const real = await simulate(fig13, slower);
  const trials = real.trials.map(({ simulated: _, ...trial }) => trial);
  const measured = { folder: 'there', manifest: real.manifest, trials, traces: [] };
  const guessed = await simulate(fig13, sixPis);
  const learned = await simulate(fig13, sixPis, { calibrate: measured });
  const against = (simulation: Simulation) =>
    compareWithMeasured({
      measured: trials,
      predicted: simulation.trials,
      fitted: simulation.profile.points,
    });
  expect(against(guessed).medianDeviation).toBeGreaterThan(0.2);
  expect(against(learned).medianDeviation).toBeLessThan(0.05);
  expect(learned.manifest.simulated).toContain('there');
  // One edge is where the times are from, of every strategy.
  const fitted = against(learned).points.filter(({ isFitted }) => isFitted);
  expect(fitted.every(({ parameters }) => parameters.edges === 1)).toBe(true);
  expect(fitted).toHaveLength(4);
});

/** As a folder of measured results has it. */
function asMeasured({ manifest, trials }: Simulation, ran: Ran) {
  const measured = trials.map(({ simulated: _, ...trial }) => trial);
  return { folder: 'there', manifest, trials: measured, traces: [], ran };
}

const slower: Testbed = {
  ...sixPis,
  nodes: sixPis.nodes.map((node) =>
    node.plainMs === undefined ? node : { ...node, plainMs: 1.4 * node.plainMs },
  ),
};

test('what is learnt is of a frame, and of the testbed that was measured: fewer frames and other links there say the same', async () => {
  const real = await simulate(fig13, slower);
  const slowLinks: Testbed = { ...slower, medium: { rateBitsPerSecond: 2e7 } };
  const there = { ...fig13.experiment, frames: { ...fig13.experiment.frames, count: 3 } };
  const measured = await simulate(fig13, slowLinks, { frames: 3 });
  const ran = { experiment: there, testbed: { ...sixPis, medium: slowLinks.medium! } };
  const learned = await simulate(fig13, sixPis, { calibrate: asMeasured(measured, ran) });
  for (const [way, { computeFactor }] of learned.profile.ways) {
    expect(computeFactor, way).toBeGreaterThan(1.36);
    expect(computeFactor, way).toBeLessThan(1.44);
  }
  for (const { parameters, frames } of real.trials) {
    const { strategy, edges } = parameters;
    const ratio = latencyOf(learned, strategy, edges) / frames[0]!.latencyMs;
    expect(Math.abs(ratio - 1), `${strategy} on ${edges}`).toBeLessThan(0.08);
  }
});

test('one edge that computes everything in one piece says nothing of parts: those learn from other strategies', async () => {
  const key = await loadExperiment(join(folder, 'beaten-key.yaml'));
  const [factor, partsFactor] = [1, 1.5];
  const real = await simulate(key, sixPis);
  const trials = asMeasured(real, { experiment: key.experiment, testbed: sixPis }).trials.map(
    (trial) => {
      const times = trial.parameters.strategy === 'neighbour' ? partsFactor : factor;
      const nodes = Object.entries(trial.nodes).map(([name, node]) => [
        name,
        { ...node, computeMs: times * (node.computeMs ?? 0) },
      ]);
      return { ...trial, nodes: Object.fromEntries(nodes) as typeof trial.nodes };
    },
  );
  const ran = { experiment: key.experiment, testbed: sixPis };
  const calibrate = { ...asMeasured(real, ran), trials };
  const { profile } = await simulate(key, sixPis, { calibrate });
  const [adaptive, one] = [6, 1].map((edges) => {
    const found = real.trials.find(
      ({ parameters }) => parameters.strategy === 'adaptive' && parameters.edges === edges,
    );
    return found!.parameters;
  });
  expect(profile.ways.get(wayOf(adaptive!))).toBeUndefined();
  expect(profile.any.computeFactor).toBeCloseTo(partsFactor, 1);
  expect(profile.ways.get(wayOf(one!))!.computeFactor).toBeCloseTo(factor, 1);
  // More edges are predicted, never learnt from.
  expect(profile.points).not.toContain(JSON.stringify(adaptive));
  expect(profile.points).toContain(JSON.stringify(one));
});

test("what a frame takes beside the only run of one edge stays the frame's, however many runs more edges have", async () => {
  const real = await simulate(fig13, sixPis);
  const besideMs = 2000;
  const slowed = real.trials.map((trial) => {
    const { strategy, edges } = trial.parameters;
    if (strategy !== 'modnn' || edges !== 1) return trial;
    const frames = trial.frames.map((frame) => ({
      ...frame,
      latencyMs: frame.latencyMs + besideMs,
    }));
    return { ...trial, frames };
  });
  const ran = { experiment: fig13.experiment, testbed: sixPis };
  const calibrate = asMeasured({ ...real, trials: slowed }, ran);
  const learned = await simulate(fig13, sixPis, { calibrate });
  for (const edges of [1, 4]) {
    const addedMs = latencyOf(learned, 'modnn', edges) - latencyOf(real, 'modnn', edges);
    expect(Math.abs(addedMs - besideMs), `${edges} edges`).toBeLessThan(0.05 * besideMs);
  }
});

test('a testbed is as large as somebody asks, and its edges take turns being copied', async () => {
  const { trials } = await simulate(fig13, sixPis, { edges: [1, 20], frames: 2 });
  const large = trials.filter(({ parameters }) => parameters.edges === 20);
  expect(large).toHaveLength(3);
  for (const { nodes, frames } of large) {
    expect(Object.keys(nodes)).toHaveLength(21);
    expect(frames).toHaveLength(2);
  }
  // Without distribution there is one edge, however many are asked for.
  expect(trials.filter(({ parameters }) => parameters.strategy === 'local')).toHaveLength(1);
});
