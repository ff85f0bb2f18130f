/** Sources of frames on local nodes: how many there are, and when their frames come. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TrialRecord } from '../harness/results/format.ts';
import { STRATEGY_NAMES } from '../runtime/schedule/strategies.ts';
import { Workspace } from './support/workspace.ts';

/** A machine with much else to do must not make a lost edge of a slow one. */
const QUIET = `warmup: 0
timeout: 2m
threshold: 0.9
liveness: { lostAfter: 30s }
`;

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.make();
  await workspace.writeTestbed();
});
afterEach(() => workspace[Symbol.asyncDispose]());

async function run(lines: string): Promise<TrialRecord[]> {
  await workspace.writeExperiment(`${lines}\n${QUIET}`);
  const { exitCode, stderr } = await workspace.run('--quiet');
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  const records = await workspace.records();
  expect(records.flatMap(({ reasons = [], error = [] }) => [reasons, error].flat())).toEqual([]);
  return records;
}

function framesOf({ frames }: TrialRecord): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { source } of frames) counts[source] = (counts[source] ?? 0) + 1;
  return counts;
}

/** When frames came: whenever the queue became longer. */
function arrivalsOf(record: TrialRecord, source: string): number[] {
  const samples = record.nodes[source]!.queue!.samples;
  return samples
    .filter(([, length], index) => length > (samples[index - 1]?.[1] ?? 0))
    .map(([ms]) => ms);
}

describe('sources', () => {
  test('all that take part', async () => {
    const records = await run(`frames: { count: 2, sources: all }
matrix: { edges: [1, 2], grid: [2x2], fusedLayers: [6] }`);
    const byEdges = records.toSorted((a, b) => a.parameters.edges - b.parameters.edges);
    expect(byEdges.map(({ parameters }) => parameters.sources)).toEqual([1, 2]);
    expect(byEdges.map(framesOf)).toEqual([{ edge0: 2 }, { edge0: 2, edge1: 2 }]);
  });

  test('one and several, as an axis', async () => {
    const records = await run(`frames: { count: 2 }
matrix: { grid: [2x2], fusedLayers: [6], sources: [1, 2] }`);
    const bySources = records.toSorted((a, b) => a.parameters.sources! - b.parameters.sources!);
    expect(bySources.map(({ parameters }) => parameters.edges)).toEqual([2, 2]);
    expect(bySources.map(framesOf)).toEqual([{ edge0: 2 }, { edge0: 2, edge1: 2 }]);
  });
});

describe('rates', () => {
  test('a rate that the system bears: frames come at their times, and do not pile up', async () => {
    const records = await run(`frames: { count: 9 }
matrix: { edges: [2], grid: [1x1], fusedLayers: [6], rate: [back-to-back, 2.0 fps] }`);
    const [paced, free] = records.toSorted((a, b) =>
      a.parameters.rate!.localeCompare(b.parameters.rate!),
    );
    expect(free!.parameters.rate).toBe('back-to-back');
    expect(paced!.frames).toHaveLength(9);
    // Frame 8 comes after 4 s.
    expect(paced!.makespanMs).toBeGreaterThan(4000);
    const { queue } = paced!.nodes['edge0']!;
    expect(queue).toMatchObject({ framesPerSecond: 2, arrived: 9, growth: 'stable' });
    expect(queue!.largest).toBeLessThan(5);
    expect(paced!.nodes['edge1']!.queue).toBeUndefined();
    expect(free!.nodes['edge0']!.queue).toBeUndefined();
  });

  test('a rate that it cannot bear: frames wait, and their latency counts from their arrival', async () => {
    const [record] = await run(`frames: { count: 80, rate: 2000fps }
matrix: { edges: [2], grid: [3x3], fusedLayers: [6] }
framesInFlight: 2`);
    const { frames, makespanMs, nodes } = record!;
    const queue = nodes['edge0']!.queue!;
    expect(queue).toMatchObject({ arrived: 80, growth: 'grows' });
    expect(queue.atEnd).toBeGreaterThan(40);
    expect(queue.largest).toBeGreaterThanOrEqual(queue.atEnd);
    expect(queue.growthPerSecond).toBeGreaterThan(1000);
    const last = frames.find(({ frame }) => frame === 79)!;
    expect(last.latencyMs).toBeGreaterThan(makespanMs! / 2);
  });

  test('random arrivals are the same in every repetition, and of each source its own', async () => {
    const [first, second] = await run(`frames: { count: 40, sources: all, rate: poisson 200fps }
matrix: { grid: [1x1], fusedLayers: [6] }
repeat: 2`);
    for (const source of ['edge0', 'edge1']) {
      expect(arrivalsOf(first!, source)).toHaveLength(40);
      expect(arrivalsOf(second!, source)).toEqual(arrivalsOf(first!, source));
    }
    expect(arrivalsOf(first!, 'edge0')).not.toEqual(arrivalsOf(first!, 'edge1'));
    expect(first!.parameters).toMatchObject({ sources: 2, rate: 'poisson 200fps' });
  });

  test('every strategy takes frames as they come, and sees the same arrivals', async () => {
    const records = await run(`frames: { count: 15, sources: all, rate: poisson 40fps }
matrix: { grid: [2x2], fusedLayers: [6], strategy: [${STRATEGY_NAMES.join(', ')}] }`);
    expect(records.map(({ parameters }) => parameters.strategy).toSorted()).toEqual(
      [...STRATEGY_NAMES].toSorted(),
    );
    for (const source of ['edge0', 'edge1']) {
      const arrivals = records.map((record) => JSON.stringify(arrivalsOf(record, source)));
      expect(new Set(arrivals).size).toBe(1);
      for (const { nodes } of records) expect(nodes[source]!.queue!.arrived).toBe(15);
    }
  });
});
