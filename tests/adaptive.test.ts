/** Plans made anew while frames are computed, on local nodes: whoever computes what, exactly the same is found. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TrialRecord } from '../harness/results/format.ts';
import { found } from './support/found.ts';
import { gatewayAndEdges, Workspace } from './support/workspace.ts';

function experiment(frames: number, rest: string): string {
  return `frames: { count: ${frames}, sources: [edge0] }
threshold: 0.05
timeout: 5m
${rest}`;
}

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.make();
  await workspace.writeTestbed(gatewayAndEdges(3, '10.76.0'));
  await workspace.writeYolov2Beginning();
});
afterEach(() => workspace[Symbol.asyncDispose]());

async function run(text: string): Promise<TrialRecord[]> {
  await workspace.writeExperiment(text, 'head.cfg');
  const { stderr } = await workspace.run('--quiet');
  const records = await workspace.records();
  if (records.length === 0) throw new Error(stderr);
  return records;
}

test('finds what the unpartitioned network finds, and the record says by which plans', async () => {
  const records = await run(
    experiment(
      4,
      `matrix:
  edges: [1, 2, 3]
  grid: [1x1]
  fusedLayers: [12]
  strategy: [local, adaptive]
`,
    ),
  );
  expect(records.map(({ status }) => status)).toEqual(Array(4).fill('ok'));
  expect(new Set(records.map(found)).size).toBe(1);
  expect(records[0]!.frames.every(({ detections }) => detections.length > 0)).toBe(true);
  for (const { parameters, plans, nodes } of records) {
    if (parameters.strategy === 'local' || parameters.edges === 1) {
      expect(plans).toBeUndefined();
      continue;
    }
    const [first] = plans!;
    expect(first).toMatchObject({ plan: 0, frame: 0, why: 'the first plan', objective: 'latency' });
    expect(first!.edges).toHaveLength(parameters.edges);
    for (const { frameMs, rateBitsPerSecond } of first!.edges) {
      expect(frameMs).toBeGreaterThan(0);
      expect(rateBitsPerSecond).toBeGreaterThan(0);
    }
    const frames = plans!.reduce((sum, { measured }) => sum + (measured?.frames ?? 0), 0);
    expect(frames).toBe(4);
    expect(nodes['edge1']!.tilesComputed).toBeGreaterThan(0);
  }
});

test('an edge that is killed in the middle is planned without', async () => {
  // Frames enough that there are some behind the fault, on a fast machine too.
  const [record] = await run(
    experiment(
      16,
      `matrix: { fusedLayers: [12], strategy: [adaptive] }
faults: [{ at: 800ms, kill: edge1 }]
`,
    ),
  );
  expect(record).toMatchObject({ status: 'degraded', lostFrames: [] });
  expect(record!.frames).toHaveLength(16);
  const last = record!.plans!.at(-1)!;
  expect(last.edges.map(({ name }) => name)).toEqual(['edge0', 'edge2']);
  expect(record!.plans!.some(({ why }) => why.startsWith('other edges than before'))).toBe(true);
});
