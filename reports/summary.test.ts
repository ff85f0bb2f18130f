import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TrialRecord, Verdict } from '../harness/results/format.ts';
import { median } from '../runtime/quantiles.ts';
import { fixtureResults } from './fixture.ts';
import type { Results } from './read.ts';
import { summarize } from './summary.ts';

const results = fixtureResults();

function withTrials(trials: readonly TrialRecord[]): Results {
  return { ...results, trials };
}

function trialsOf(edges: number): TrialRecord[] {
  return results.trials.filter(({ parameters }) => parameters.edges === edges);
}

test('a row a point, with its runs counted by how they ended', () => {
  const { points } = summarize(results);
  expect(
    points.map(({ parameters, ok, degraded, failed }) => [parameters.edges, ok, degraded, failed]),
  ).toEqual([
    [1, 2, 0, 1],
    [2, 2, 1, 0],
  ]);
  expect(points[0]!.runs.map(({ line, status }) => [line, status])).toEqual([
    [1, 'ok'],
    [3, 'failed'],
    [5, 'ok'],
  ]);
});

test('medians are those of the trials that did not fail', () => {
  const [, second] = summarize(results).points;
  const makespans = trialsOf(2).map(({ makespanMs }) => makespanMs!);
  expect(second!.makespanMs).toMatchObject({ median: median(makespans), count: 3 });
  const latencies = trialsOf(2).map(({ frames }) => median(frames.map((each) => each.latencyMs)));
  expect(second!.latencyMs).toMatchObject({ median: median(latencies), count: 3 });
});

test('a failed trial never enters a median, even where it has figures', () => {
  const [donor] = trialsOf(2);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (makespanMs) => {
      const failed: TrialRecord = { ...donor!, status: 'failed', makespanMs, repetition: 9 };
      const before = summarize(results).points[1]!;
      const after = summarize(withTrials([...results.trials, failed])).points[1]!;
      expect(after).toEqual({
        ...before,
        failed: before.failed + 1,
        runs: [...before.runs, { line: 7, repetition: 9, status: 'failed' }],
      });
    }),
    { numRuns: 10 },
  );
});

test('the order of lines and of keys makes no difference to a point', () => {
  const reversed = results.trials.toReversed().map(
    (trial): TrialRecord => ({
      ...trial,
      parameters: Object.fromEntries(
        Object.entries(trial.parameters).reverse(),
      ) as unknown as TrialRecord['parameters'],
    }),
  );
  const medians = (of: Results) =>
    summarize(of).points.map(({ makespanMs, nodes, ok }) => [makespanMs?.median, nodes, ok]);
  expect(medians(withTrials(reversed))).toEqual(medians(results));
});

test('memory of a role is that of its largest node, process and engine apart', () => {
  const trial = trialsOf(2)[0]!;
  const { edge0, edge1, gateway } = trial.nodes;
  const nodes = {
    gateway: { ...gateway!, peakRssBytes: 9e9, engineBytes: 8e9 },
    edge0: { ...edge0!, peakRssBytes: 300, engineBytes: 10 },
    edge1: { ...edge1!, peakRssBytes: 200, engineBytes: 20 },
  };
  const [point] = summarize(withTrials([{ ...trial, nodes }])).points;
  expect(point!.memory).toMatchObject({
    edge: { processPeakBytes: { median: 300, count: 1 }, engineBytes: { median: 20 } },
    gateway: { processPeakBytes: { median: 9e9 }, engineBytes: { median: 8e9 } },
  });
  expect(point!.makespanMs).toMatchObject({ low: undefined, high: undefined });
});

test('a node that was lost counts in the repetitions in which it reported', () => {
  const [, second] = summarize(results).points;
  expect(second!.nodes.map(({ node, count }) => [node, count])).toEqual([
    ['gateway', 3],
    ['edge0', 3],
    ['edge1', 2],
    ['host', 3],
  ]);
  const reported = trialsOf(2).flatMap(({ nodes }) => nodes['edge1']?.tilesStolen ?? []);
  expect(second!.nodes[2]!.tilesStolen).toBe(median(reported));
  expect(reported[0]).toBeGreaterThan(0);
});

test('a point of which every run failed has counts alone', () => {
  const failed = trialsOf(1).filter(({ status }) => status === 'failed');
  expect(summarize(withTrials(failed)).points).toEqual([
    {
      parameters: failed[0]!.parameters,
      runs: [{ line: 1, repetition: 2, status: 'failed' }],
      ok: 0,
      degraded: 0,
      invalid: 0,
      failed: 1,
      memory: {},
      nodes: [],
    },
  ]);
});

test('operations are those of all edges a frame; a lost edge has told none of its own', () => {
  const [, second] = summarize(results).points;
  const sums = trialsOf(2)
    .filter(({ status }) => status === 'ok')
    .map(({ nodes, frames }) => {
      const { edge0, edge1 } = nodes;
      return (edge0!.multiplyAccumulates + edge1!.multiplyAccumulates) / frames.length;
    });
  expect(second!.operationsPerFrame).toMatchObject({ median: median(sums), count: 2 });
});

test('records of earlier versions, which count less, have a summary too', () => {
  const [trial] = trialsOf(2);
  const nodes = Object.fromEntries(
    Object.entries(trial!.nodes).map(([name, { multiplyAccumulates: _, ...older }]) => [
      name,
      older,
    ]),
  ) as unknown as TrialRecord['nodes'];
  const [point] = summarize(withTrials([{ ...trial!, nodes }])).points;
  expect(point!.operationsPerFrame).toBeUndefined();
  expect(point!.nodes.map(({ multiplyAccumulates }) => multiplyAccumulates)).toEqual([0, 0, 0, 0]);
});

test('an invalid trial is counted and enters no median, no speedup and no list of makespans', () => {
  const [one, two] = [1, 2].map((edges) => trialsOf(edges).find(({ status }) => status === 'ok')!);
  const verdict: Verdict = {
    verdict: 'invalid',
    reasons: [{ code: 'link-off', text: 'the link of edge0 is off' }],
  };
  const base = [one!, two!, { ...two!, repetition: 5 }];
  const invalid = [one!, two!].map((trial) => ({
    ...trial,
    verdict,
    makespanMs: trial.makespanMs! / 100,
    repetition: 9,
  }));
  const before = summarize(withTrials(base)).points;
  const after = summarize(withTrials([...base, ...invalid])).points;
  expect(before[1]!.overOneEdge).toBeDefined();
  for (const [index, point] of after.entries()) {
    const { runs, ...figures } = before[index]!;
    expect(point).toEqual({
      ...figures,
      invalid: 1,
      runs: [...runs, { line: 4 + index, repetition: 9, status: 'ok' }],
    });
  }
});
