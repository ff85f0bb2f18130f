import { describe, expect, test } from 'vitest';
import type { FrameTransfer } from '../schedule/transfer.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { planCost } from './cost.ts';
import { type Conditions, costModel } from './cost-model.ts';
import { fusibleLayers } from './ftp.ts';
import { type DealtPlan, planStage } from './stages.ts';

/** Two halves of 8 rows over two layers of 1 channel: the second layer's window reaches one row into the other half. */
const network = networkOf(
  { width: 10, height: 16, channels: 1 },
  section('convolutional', { size: 1 }),
  section('convolutional', { size: 3, pad: 1 }),
);
const layers = fusibleLayers(network, 2);
const half = (first: number, last: number) => ({ x1: 0, y1: first, x2: 9, y2: last });
const halves = [half(0, 7), half(8, 15)];
const twoStages: DealtPlan = {
  stages: [planStage(layers.slice(0, 1), halves), planStage(layers.slice(1), halves)],
  holders: [
    [0, 1],
    [0, 1],
  ],
  route: 'direct',
};
const oneStage: DealtPlan = {
  stages: [planStage(layers, halves)],
  holders: [[0, 1]],
  route: 'direct',
};
const alone: DealtPlan = {
  stages: [planStage(layers, [half(0, 15)])],
  holders: [[0]],
  route: 'direct',
};

/** 8 bits a millisecond for a byte: 8000 bits a second make a byte cost one millisecond. */
const conditions = (more: Partial<Conditions> = {}): Conditions => ({
  network,
  fusedLayers: 2,
  edges: [
    { name: 'a', layerMs: [100, 1000], rateBitsPerSecond: 8000 },
    { name: 'b', layerMs: [200, 1000], rateBitsPerSecond: 8000 },
  ],
  ...more,
});
const cost = (plan: DealtPlan, more: Partial<Conditions> = {}) =>
  planCost(costModel(conditions(more)), plan);

/** Of the slower edge, and of the source: a share of their layers. */
const [PART, SOURCE_PART] = [3, 2.75];
const MESSAGE = 0.2;
const ROW_BYTES = 10 * 4;

describe('latency', () => {
  test('alone: the layers, and the map to the gateway', () => {
    const { latencyMs, gatherMs } = cost(alone);
    expect(gatherMs).toBeCloseTo(16 * ROW_BYTES + MESSAGE);
    expect(latencyMs).toBeCloseTo(SOURCE_PART + 1100 + gatherMs);
  });

  test('two stages: half the frame, a row both ways at once, half the map each', () => {
    const { stages, gatherMs } = cost(twoStages);
    expect(stages[0]!.exchangeMs).toBeCloseTo(8 * ROW_BYTES + MESSAGE);
    expect(stages[0]!.computeMs).toEqual([SOURCE_PART + 50, PART + 100]);
    expect(stages[1]!.exchangeMs).toBeCloseTo(ROW_BYTES + MESSAGE);
    // The gateway takes both halves over its one link.
    expect(gatherMs).toBeCloseTo(16 * ROW_BYTES + 2 * MESSAGE);
  });

  test('one stage: no exchange inside, but a row of the first layer is computed twice', () => {
    const { stages } = cost(oneStage);
    expect(stages).toHaveLength(1);
    expect(stages[0]!.computeMs[0]).toBeCloseTo(SOURCE_PART + (100 * 9) / 16 + 500);
    expect(stages[0]!.exchangeMs).toBeCloseTo(9 * ROW_BYTES + MESSAGE);
  });

  test('on a shared medium all that is sent adds up', () => {
    const { stages } = cost(twoStages, { medium: 'shared' });
    expect(stages[1]!.exchangeMs).toBeCloseTo(2 * (ROW_BYTES + MESSAGE));
  });

  test('a slow link is slow for whoever talks to it', () => {
    const edges = [
      { name: 'a', layerMs: [1, 1], rateBitsPerSecond: 8000 },
      { name: 'b', layerMs: [1, 1], rateBitsPerSecond: 800 },
    ];
    expect(cost(twoStages, { edges }).stages[1]!.exchangeMs).toBeCloseTo(10 * ROW_BYTES + MESSAGE);
  });

  test('through the gateway: the frame and every piece travel twice', () => {
    const { stages } = cost({ ...twoStages, route: 'gateway' });
    // The whole frame to the gateway; both halves from there.
    expect(stages[0]!.exchangeMs).toBeCloseTo(32 * ROW_BYTES + 3 * MESSAGE);
    expect(stages[1]!.exchangeMs).toBeCloseTo(4 * ROW_BYTES + 4 * MESSAGE);
  });

  test('a delay is paid once an exchange', () => {
    const slow = conditions().edges.map((edge) => ({ ...edge, delayMs: 7 }));
    const extra = cost(twoStages, { edges: slow }).latencyMs - cost(twoStages).latencyMs;
    expect(extra).toBeCloseTo(3 * 7);
  });
});

test('the interval is that of the busiest: an edge here, a link there', () => {
  const fast = conditions().edges.map((edge) => ({ ...edge, rateBitsPerSecond: 8e9 }));
  expect(cost(twoStages, { edges: fast }).intervalMs).toBeCloseTo(
    // Slower edge: the frame and a row come, a row and its half of the map go.
    2 * PART + 100 + 1000 / 2 + 4 * MESSAGE,
  );
  const idle = conditions().edges.map((edge) => ({ ...edge, layerMs: [1, 1] }));
  // The source sends half the frame, a row, and half the map: three messages.
  expect(cost(twoStages, { edges: idle }).intervalMs).toBeCloseTo(17 * ROW_BYTES + 3 * MESSAGE);
});

test('sources that compute alone do so side by side', () => {
  const fast = conditions().edges.map((edge) => ({ ...edge, rateBitsPerSecond: 8e9 }));
  expect(cost(alone, { edges: fast }).intervalMs).toBeCloseTo(SOURCE_PART + 1100 + MESSAGE);
  expect(cost(alone, { edges: fast, sources: [0, 1] }).intervalMs).toBeCloseTo(
    SOURCE_PART + 1200 / 2,
  );
});

test('a frame travels as pixels where those are fewer bytes than floats, unless it is to be floats', () => {
  const coloured = networkOf({ width: 8, height: 8, channels: 3 }, section('maxpool', {}));
  const bytes = (width: number, height: number, frames?: FrameTransfer) =>
    costModel({
      network: coloured,
      fusedLayers: 1,
      edges: [{ name: 'a', layerMs: [] }],
      picture: { width, height },
      ...(frames === undefined ? {} : { frames }),
    }).frameElementBytes;
  expect(bytes(8, 8)).toBe(3);
  expect(bytes(12, 4)).toBe(6.75);
  expect(bytes(80, 80)).toBe(12);
  expect(bytes(8, 8, 'floats')).toBe(12);
});

test('an edge that was never measured counts as an average one', () => {
  const edges = [...conditions().edges, { name: 'c', layerMs: [] }];
  expect([...costModel({ ...conditions(), edges }).layerMs[2]!]).toEqual([150, 1000]);
});
