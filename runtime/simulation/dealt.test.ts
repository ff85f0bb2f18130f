/**
 * Dealer and stores of parts together, over thousands of runs with other plans, delays, deaths and
 * comebacks each: whatever the order of events, all frames of living sources complete, once, every
 * part begins with its whole input, and nothing waits for ever.
 */
import { expect, test } from 'vitest';
import { fusibleLayers } from '../partition/ftp.ts';
import type { Region } from '../partition/region.ts';
import { type DealtPlan, planStage } from '../partition/stages.ts';
import type { Planning } from '../roles/dealt/planning.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { below, type Random, seededRandom } from '../testing/random.ts';
import {
  expectFramesDone,
  framesOfEdges,
  type RandomFaults,
  randomScenarios,
  runRandomTrial,
} from '../testing/random-trial.ts';
import { RandomWorld } from '../testing/random-world.ts';
import { DealtEdge } from './dealt-edge.ts';
import { DealtGateway, type DealtSignal } from './dealt-gateway.ts';

const RUNS = 3000;
const TIMING = { faultsMs: 800, lateMs: 60 };
const BACK_TO_BACK = { kind: 'back-to-back' } as const;

const NETWORK = networkOf(
  { width: 8, height: 12, channels: 1 },
  section('convolutional', { size: 3, pad: 1 }),
  section('maxpool', { size: 2, stride: 2 }),
  section('convolutional', { size: 3, pad: 1 }),
  section('convolutional', { size: 1 }),
);
const LAYERS = fusibleLayers(NETWORK, NETWORK.layers.length);

/** Any cut into stages, any grid in each, and any holders: more than any strategy's planner makes. */
function anyPlan(random: Random, edges: number): DealtPlan {
  const cuts = [1, 2, 3].filter(() => below(random, 2) === 0);
  const bounds = [0, ...cuts, LAYERS.length];
  const stages = bounds.slice(1).map((to, index) => {
    const layers = LAYERS.slice(bounds[index], to);
    const { height, width } = layers.at(-1)!.output;
    return planStage(layers, cells(height, width, 1 + below(random, 4), 1 + below(random, 3)));
  });
  return {
    stages,
    holders: stages.map(({ parts }) => parts.map(() => below(random, edges))),
    route: below(random, 2) === 0 ? 'direct' : 'gateway',
  };
}

function cells(height: number, width: number, rows: number, columns: number): Region[] {
  const cut = (length: number, parts: number, index: number) =>
    Math.floor((length * index) / parts);
  return Array.from({ length: rows * columns }, (_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    return {
      x1: cut(width, columns, column),
      y1: cut(height, rows, row),
      x2: cut(width, columns, column + 1) - 1,
      y2: cut(height, rows, row + 1) - 1,
    };
  });
}

interface Run {
  readonly world: RandomWorld<DealtSignal>;
  readonly gateway: DealtGateway;
  readonly edges: ReadonlyMap<string, DealtEdge>;
}

function simulate(seed: number, faults: RandomFaults): Run {
  const random = seededRandom(seed);
  const world = new RandomWorld<DealtSignal>(random);
  const edges = new Map<string, DealtEdge>();
  const frames = framesOfEdges(random);
  const planning: Planning = {
    know: () => {},
    forget: () => {},
    plan: (names) => anyPlan(random, names.length),
  };
  const gateway = new DealtGateway(world, { frames, limit: 1 + below(random, 3), planning });
  world.connectGateway((name, end) => gateway.onPeer(name, end));
  for (const [name, count] of frames) {
    const framesInFlight = 1 + below(random, 3);
    const device = world.device(1 + below(random, 40));
    const given = { name, count, rate: BACK_TO_BACK, framesInFlight, device };
    const edge = new DealtEdge({ ...given, checks: true, tells: false }, world);
    edges.set(name, edge);
    world.add(name, {
      get alive() {
        return edge.alive;
      },
      accept: (from, end) => edge.onPeer(from, end),
    });
  }
  runRandomTrial({ world, random }, gateway, edges, { ...faults, ...TIMING });
  return { world, gateway, edges };
}

const SCENARIOS = randomScenarios(12, 6);

test.each(SCENARIOS)('$name: all frames of living sources complete, once', ({ faults }) => {
  let [cancelled, stale, early, joinedLate] = [0, 0, 0, 0];
  for (let seed = 0; seed < RUNS / SCENARIOS.length; seed++) {
    try {
      const run = simulate(seed, faults);
      expectFramesDone(run.world, run.gateway, run.edges, faults);
      cancelled += run.gateway.cancelled;
      stale += run.gateway.stale;
      for (const edge of run.edges.values()) {
        stale += edge.stalePieces;
        early += edge.earlyPieces;
      }
      if (run.gateway.usedEdges.size === run.edges.size) joinedLate++;
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  // What the scenario is about did happen.
  expect(early).toBeGreaterThan(100);
  expect(joinedLate).toBeGreaterThan(50);
  const failing = faults.deaths + faults.givenUp + faults.breaks > 0;
  if (failing) expect(cancelled).toBeGreaterThan(50);
  else expect(cancelled).toBe(0);
  if (faults.givenUp > 0) expect(stale).toBeGreaterThan(100);
});
