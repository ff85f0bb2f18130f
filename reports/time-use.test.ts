/** Parts of a node's time add up to the whole, and what is far from its prediction is named. */
import { expect, test } from 'vitest';
import type { TraceSpan } from '../harness/results/format.ts';
import { fixtureResults } from './fixture.ts';
import { renderHtml } from './html.ts';
import { bestSpeeds, largestDeviation, predictionsOf } from './prediction.ts';
import { summarize } from './summary.ts';
import { timeUses } from './time-use.ts';

function span(kind: TraceSpan['kind'], startMs: number, endMs: number): TraceSpan {
  return { kind, node: 'edge0', startMs, endMs };
}

test('of what goes on at once computing counts, and what is left is waiting', () => {
  const spans = [
    span('transfer', 0, 40),
    span('compute', 30, 60),
    span('compute', 50, 70),
    span('detect', 90, 500),
  ];
  const [use] = timeUses({ spans }, 100, () => 'edge');
  expect(use!.spentMs).toEqual({
    transfer: 30,
    compute: 40,
    detect: 10,
    wait: 20,
    finish: 0,
    cut: 0,
    merge: 0,
    fetch: 0,
  });
});

test('in whole traces nothing is counted twice', () => {
  for (const { trial, repetition, spans } of fixtureResults().traces) {
    const { makespanMs } = fixtureResults().trials.find(
      (one) => one.trial === trial && one.repetition === repetition,
    )!;
    for (const { spentMs } of timeUses({ spans }, makespanMs!, () => 'edge')) {
      const sum = Object.values(spentMs).reduce((total, ms) => total + ms, 0);
      expect(sum).toBeCloseTo(makespanMs!, 3);
    }
  }
});

test('the slowest beside its prediction, and a link that is full', () => {
  const results = fixtureResults();
  const { points } = summarize(results);
  const [, two] = points;
  const slow = {
    ...two!,
    nodes: two!.nodes.map((node) =>
      node.node === 'edge1'
        ? { ...node, multiplyAccumulates: 1e9, computeMs: 300 }
        : node.node === 'edge0'
          ? { ...node, multiplyAccumulates: 1e9, computeMs: 100 }
          : { ...node, multiplyAccumulates: 0 },
    ),
  };
  const rate =
    (8000 * slow.nodes.find(({ node }) => node === 'edge1')!.bytesSent) / slow.makespanMs!.median;
  const measured = { roundTripMs: 1, sendBitsPerSecond: rate / 0.9, receiveBitsPerSecond: 1e12 };
  const nodes = Object.fromEntries(
    Object.entries(results.manifest.nodes).map(([name, facts]) => [
      name,
      { ...facts, cpuModel: 'the same', cpus: [0] },
    ]),
  );
  const manifest = { ...results.manifest, nodes, links: { edge1: { asked: {}, measured } } };
  const predictions = predictionsOf(slow, bestSpeeds([slow], manifest), manifest);
  const edge1 = predictions.find(({ node }) => node === 'edge1')!;
  expect(edge1.computeMs).toEqual({ predicted: 100, measured: 300 });
  expect(edge1.linkUse).toBeCloseTo(0.9);
  const text = largestDeviation(predictions);
  expect(text).toContain('edge1 computed 3 times as long');
  expect(text).toContain('The link of edge1 was in use for 90.0 % of the time');
});

test('the page has a drawing of it for every point with a trace', async () => {
  const html = await renderHtml(fixtureResults());
  expect(html.match(/aria-label="Where the time goes"/g)).toHaveLength(4);
});
