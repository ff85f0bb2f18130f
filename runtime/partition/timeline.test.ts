/** Frames on two edges, worked out by hand: who waits for what, and what shares the medium. */
import { describe, expect, test } from 'vitest';
import { networkOf, section } from '../testing/cfg.ts';
import { type Conditions, costModel } from './cost-model.ts';
import { fusibleLayers } from './ftp.ts';
import { type DealtPlan, planStage } from './stages.ts';
import { Timelines } from './timeline.ts';

/** 16 rows of 10 columns; the second layer's window reaches one row up and down. */
const network = networkOf(
  { width: 10, height: 16, channels: 1 },
  section('convolutional', { size: 1 }),
  section('convolutional', { size: 3, pad: 1 }),
);
const layers = fusibleLayers(network, 2);
const rows = (...cuts: number[]) =>
  cuts.slice(1).map((end, index) => ({ x1: 0, y1: cuts[index]!, x2: 9, y2: end - 1 }));
/** A share of both layers, of 17.6 s or of 32 s; or what it is at least. */
const [PART, LONG_PART, LEAST_PART] = [44, 80, 0.5];
const MESSAGE = 0.2;
/** A byte takes a millisecond. */
const ROW_MS = 40;

const latency = (plan: DealtPlan, more: Partial<Conditions> = {}) =>
  new Timelines(
    costModel({
      network,
      fusedLayers: 2,
      edges: [
        { name: 'a', layerMs: [1600, 16_000], rateBitsPerSecond: 8000 },
        { name: 'b', layerMs: [1600, 16_000], rateBitsPerSecond: 8000 },
      ],
      medium: 'shared',
      ...more,
    }),
  ).latencyMs(plan);

test('alone: the layers, and the map to the gateway', () => {
  const plan: DealtPlan = {
    stages: [planStage(layers, rows(0, 16))],
    holders: [[0]],
    route: 'direct',
  };
  expect(latency(plan)).toBeCloseTo(PART + 17_600 + 16 * ROW_MS + MESSAGE);
});

describe('one stage on two edges', () => {
  const plan = (cut: number): DealtPlan => ({
    stages: [planStage(layers, rows(0, cut, 16))],
    holders: [[0, 1]],
    route: 'direct',
  });

  test('the source begins at once, and sends its output while the other computes', () => {
    const scatterMs = 9 * ROW_MS + MESSAGE;
    const computeMs = PART + 9 * 100 + 8 * 1000;
    const outputMs = 8 * ROW_MS + MESSAGE;
    expect(outputMs).toBeLessThan(scatterMs);
    expect(latency(plan(8))).toBeCloseTo(scatterMs + computeMs + outputMs);
  });

  test('what is under way at once shares the medium', () => {
    const edges = ['a', 'b'].map((name) => {
      return { name, layerMs: [16, 160], rateBitsPerSecond: 8000 };
    });
    const sourceMs = LEAST_PART + 9 + 80;
    // The source's output and the other's part of the frame, each at half the rate, then the other's output.
    const scatterMs = 9 * ROW_MS + MESSAGE;
    const togetherMs = sourceMs + 2 * (scatterMs - sourceMs);
    expect(togetherMs).toBeLessThan(sourceMs + 2 * (8 * ROW_MS + MESSAGE));
    const restMs = 8 * ROW_MS + MESSAGE - (scatterMs - sourceMs);
    const otherMs = sourceMs + 8 * ROW_MS + MESSAGE;
    expect(restMs).toBeLessThan(sourceMs);
    expect(latency(plan(8), { edges })).toBeCloseTo(togetherMs + otherMs);
  });
});

describe('two stages on two edges', () => {
  const halved = (late: readonly number[]): DealtPlan => {
    const order = (parts: ReturnType<typeof rows>) => late.map((part) => parts[part]!);
    return {
      stages: [
        planStage(layers.slice(0, 1), order(rows(0, 4, 8, 12, 16))),
        planStage(layers.slice(1), order(rows(0, 4, 8, 12, 16))),
      ],
      holders: [late.map((part) => (part < 2 ? 0 : 1)), late.map((part) => (part < 2 ? 0 : 1))],
      route: 'direct',
    };
  };
  // So long that whatever travels is there before the halves behind it are done.
  const layerMs = [16_000, 16_000];
  const fast = { edges: ['a', 'b'].map((name) => ({ name, layerMs, rateBitsPerSecond: 8e4 })) };

  test('halves along the border first: nobody waits for the other', () => {
    const scatterMs = (8 * ROW_MS) / 10 + 2 * MESSAGE;
    const computeMs = 4 * (LONG_PART + 4000);
    const lastMs = (4 * ROW_MS) / 10 + MESSAGE;
    expect(latency(halved([1, 2, 0, 3]), fast)).toBeCloseTo(scatterMs + computeMs + lastMs, 0);
  });

  const whole: DealtPlan = {
    stages: [
      planStage(layers.slice(0, 1), rows(0, 8, 16)),
      planStage(layers.slice(1), rows(0, 8, 16)),
    ],
    holders: [
      [0, 1],
      [0, 1],
    ],
    route: 'direct',
  };

  test('whole strips wait for a row of each other, and for the gateway', () => {
    const scatterMs = (8 * ROW_MS) / 10 + MESSAGE;
    const computeMs = 2 * (LONG_PART + 8000);
    const [rowMs, outputMs] = [ROW_MS / 10 + MESSAGE, (8 * ROW_MS) / 10 + MESSAGE];
    // The source has its row sent before the other is done with the first stage: it waits for that one's.
    expect(latency(whole, fast)).toBeCloseTo(scatterMs + computeMs + rowMs + 2 * outputMs - rowMs);
  });

  test('where it takes long to send, halves are worth their second run', () => {
    const slow = { edges: fast.edges.map((edge) => ({ ...edge, rateBitsPerSecond: 8000 })) };
    expect(latency(halved([1, 2, 0, 3]), slow)).toBeLessThan(latency(whole, slow));
  });

  test('links of their own: what one takes does not slow the other down', () => {
    const three = ['a', 'b', 'c'].map((name) => ({ name, layerMs, rateBitsPerSecond: 8e4 }));
    const passed: DealtPlan = {
      ...whole,
      holders: [
        [1, 2],
        [2, 1],
      ],
    };
    const links = latency(passed, { edges: three, medium: 'links' });
    expect(links).toBeLessThan(latency(passed, { edges: three }));
  });
});

test('a delay is paid by whoever waits, not by who computes meanwhile', () => {
  const plan: DealtPlan = {
    stages: [planStage(layers, rows(0, 16))],
    holders: [[0]],
    route: 'direct',
  };
  const delayed = ['a', 'b'].map((name) => ({
    name,
    layerMs: [1600, 16_000],
    rateBitsPerSecond: 8000,
    delayMs: 7,
  }));
  expect(latency(plan, { edges: delayed }) - latency(plan)).toBeCloseTo(7);
});

test('through the gateway there is no timeline', () => {
  const plan: DealtPlan = {
    stages: [planStage(layers, rows(0, 16))],
    holders: [[0]],
    route: 'gateway',
  };
  expect(() => latency(plan)).toThrow('send to each other');
});
