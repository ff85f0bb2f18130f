/** What must hold of every simulated trial, whatever its strategy, devices and links. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dealtStrategy } from '../partition/dealt.ts';
import { planWork } from '../partition/work-plan.ts';
import { STRATEGIES, STRATEGY_NAMES, strategyOn } from '../schedule/strategies.ts';
import { DEFAULT_TRANSFER, FRAME_TRANSFERS, HALO_TRANSFERS } from '../schedule/transfer.ts';
import { networkOf, section } from '../testing/cfg.ts';
import type { NodeTimes } from './node.ts';
import type { SimulatedTrial } from './simulated-trial.ts';
import { simulateTrial } from './trial.ts';

const NETWORK = networkOf(
  { width: 24, height: 24, channels: 3 },
  section('convolutional', { filters: 2, size: 3, pad: 1 }),
  section('maxpool', { size: 2, stride: 2 }),
  section('convolutional', { filters: 2, size: 3, pad: 1 }),
  section('convolutional', { filters: 1, size: 3, pad: 1 }),
);
const FUSED = NETWORK.layers.length;

const times = fc.record({
  messageMs: fc.constantFrom(0, 0.1, 4),
  messageMsPerByte: fc.constantFrom(0, 1e-4),
  readMs: fc.constantFrom(0, 5),
  cutMs: fc.constantFrom(0, 1),
  layerMs: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: FUSED, maxLength: FUSED }),
  runMs: fc.constantFrom(0, 2),
  answerMs: fc.constantFrom(0, 3),
});
const link = fc.record({
  rateBitsPerSecond: fc.constantFrom(1e5, 1e7, 1e9),
  delayMs: fc.constantFrom(0, 10),
});
const rate = fc.constantFrom(
  { kind: 'back-to-back' } as const,
  { kind: 'fixed', framesPerSecond: 20 } as const,
  { kind: 'poisson', framesPerSecond: 20, seed: 3 } as const,
);
const edge = fc.record({ times, link, hasOneCore: fc.boolean(), frames: fc.nat(3), rate });

const trials: fc.Arbitrary<SimulatedTrial> = fc
  .record({
    strategy: fc.record({
      name: fc.constantFrom(...STRATEGY_NAMES),
      reuse: fc.boolean(),
      order: fc.constantFrom('checkerboard' as const, 'least-overlap' as const),
      align: fc.constantFrom('per-layer' as const, 'output' as const),
    }),
    grid: fc.record({
      rows: fc.integer({ min: 1, max: 3 }),
      columns: fc.integer({ min: 1, max: 3 }),
    }),
    framesInFlight: fc.integer({ min: 1, max: 3 }),
    transfer: fc.record({
      frames: fc.constantFrom(...FRAME_TRANSFERS),
      halos: fc.constantFrom(...HALO_TRANSFERS),
    }),
    medium: fc.option(link, { nil: undefined }),
    gateway: fc.record({ times, link, finishMs: fc.constantFrom(0, 7) }),
    edges: fc.array(edge, { minLength: 1, maxLength: 5 }),
  })
  .map(({ edges, gateway, ...rest }) => ({
    ...rest,
    network: NETWORK,
    fusedLayers: FUSED,
    spans: true,
    gateway: { ...gateway, name: 'gateway', hasOneCore: false },
    edges: edges.map((one, index) => ({
      ...one,
      name: `edge${index}`,
      frames: index === 0 ? 1 + one.frames : one.frames,
    })),
  }));

test('every tile is computed and merged once, and no frame is lost', () => {
  fc.assert(
    fc.property(trials, (trial) => {
      const outcome = simulateTrial(trial);
      const wanted = trial.edges.flatMap(({ name, frames }) =>
        Array.from({ length: frames }, (_, frame) => `${name}/${frame}`),
      );
      const found = outcome.frames.map(({ source, frame }) => `${source}/${frame}`);
      expect(found.toSorted()).toEqual(wanted.toSorted());
      const runs = outcome.spans
        .filter(({ kind }) => kind === 'compute')
        .map(({ source, frame, stage, tile }) => `${source}/${frame}/${stage}/${tile}`);
      expect(new Set(runs).size).toBe(runs.length);
      const tiles = tilesOf(trial);
      if (tiles !== undefined) expect(outcome.merged).toBe(tiles * wanted.length);
      if (tiles !== undefined) expect(runs).toHaveLength(tiles * wanted.length);
    }),
    { numRuns: 100 },
  );
});

test('nothing is faster than its longest run, or than all work shared out perfectly', () => {
  fc.assert(
    fc.property(trials, (trial) => {
      const { makespanMs, spans, frames } = simulateTrial(trial);
      const runs = spans.filter(({ kind }) => kind === 'compute');
      const takes = runs.map(({ startMs, endMs }) => endMs - startMs);
      const total = takes.reduce((sum, ms) => sum + ms, 0);
      expect(makespanMs).toBeGreaterThanOrEqual(total / trial.edges.length - 1e-6);
      const { finishMs } = trial.gateway;
      const readMs = Math.min(...trial.edges.map((one) => one.times.readMs));
      expect(makespanMs).toBeGreaterThanOrEqual(readMs + Math.max(...takes) + finishMs - 1e-6);
      for (const { latencyMs } of frames) expect(latencyMs).toBeGreaterThanOrEqual(finishMs);
      // One run at a time on every edge.
      for (const { name } of trial.edges) {
        const own = runs
          .filter(({ node }) => node === name)
          .toSorted((a, b) => a.startMs - b.startMs);
        for (const [index, { startMs }] of own.entries()) {
          if (index > 0) expect(startMs).toBeGreaterThanOrEqual(own[index - 1]!.endMs - 1e-6);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('the same trial is the same to the bit', () => {
  fc.assert(
    fc.property(trials, (trial) => {
      expect(simulateTrial(trial)).toEqual(simulateTrial(trial));
    }),
    { numRuns: 50 },
  );
});

test('a device twice as fast halves a frame that nobody shares', () => {
  const local = (layerMs: number) => {
    const same: NodeTimes = {
      messageMs: 0,
      messageMsPerByte: 0,
      readMs: 0,
      cutMs: 0,
      layerMs: NETWORK.layers.map(() => layerMs),
      runMs: 0,
      answerMs: 0,
    };
    const node = { times: same, hasOneCore: true };
    return simulateTrial({
      network: NETWORK,
      fusedLayers: FUSED,
      grid: { rows: 1, columns: 1 },
      strategy: { name: 'local', reuse: false, order: 'checkerboard', align: 'output' },
      framesInFlight: 1,
      transfer: DEFAULT_TRANSFER,
      spans: false,
      gateway: { ...node, name: 'gateway', finishMs: 0 },
      edges: [{ ...node, name: 'edge0', frames: 5, rate: { kind: 'back-to-back' } }],
    }).makespanMs;
  };
  expect(local(4)).toBe(5 * 4 * FUSED);
  expect(local(2)).toBe(local(4) / 2);
});

/** Of a frame; undefined where a planner decides. */
function tilesOf({
  network,
  fusedLayers,
  grid,
  strategy,
  edges,
}: SimulatedTrial): number | undefined {
  const used = strategyOn(edges.length, strategy);
  if (STRATEGIES[used.name].dealing === 'stealing') {
    return planWork(network, { fusedLayers, grid, strategy: used }).tiles.length;
  }
  if (used.name !== 'ftp-wsh') return undefined;
  const profiles = edges.map(({ name, times: { layerMs } }) => ({ name, layerMs }));
  const input = { network, fusedLayers, grid, align: used.align, edges: profiles };
  return dealtStrategy(used).planner(input).stages.at(-1)!.parts.length;
}
