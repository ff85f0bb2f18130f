/**
 * The scheduler's parts together, over thousands of runs with other delays, thefts, deaths and
 * comebacks each: whatever the order of events, all frames of living sources complete, once.
 */
import { expect, test } from 'vitest';
import type { FrameRate } from '../schedule/arrivals.ts';
import { below, type Random, seededRandom } from '../testing/random.ts';
import {
  expectFramesDone,
  framesOfEdges,
  type RandomFaults,
  randomScenarios,
  runRandomTrial,
} from '../testing/random-trial.ts';
import { RandomWorld } from '../testing/random-world.ts';
import { simulatedWork } from '../testing/simulated-work.ts';
import { StealingEdge } from './stealing-edge.ts';
import { StealingGateway, type StealingSignal } from './stealing-gateway.ts';

const RUNS = 5400;
const TIMING = { faultsMs: 600, lateMs: 100 };
const BACK_TO_BACK = { kind: 'back-to-back' } as const;

interface Faults extends RandomFaults {
  /** Frames come at a rate of each source's own, rather than back to back. */
  readonly paced?: boolean;
}

interface Run {
  readonly world: RandomWorld<StealingSignal>;
  readonly gateway: StealingGateway;
  readonly edges: ReadonlyMap<string, StealingEdge>;
  readonly tiles: number;
}

function simulate(seed: number, faults: Faults): Run {
  const random = seededRandom(seed);
  const world = new RandomWorld<StealingSignal>(random);
  const work = simulatedWork(random);
  const tiles = work.count;
  const edges = new Map<string, StealingEdge>();
  const frames = framesOfEdges(random);
  const gateway = new StealingGateway(world, tiles, frames);
  world.connectGateway((name, end) => gateway.onPeer(name, end));
  for (const [name, count] of frames) {
    const framesInFlight = 1 + below(random, 3);
    const device = world.device(1 + below(random, 40));
    const rate = faults.paced === true ? rateOf(random) : BACK_TO_BACK;
    const storeBytes = [40, 400, 1e6][below(random, 3)]!;
    const mute = below(random, 8) === 0;
    const traits = { name, count, rate, framesInFlight, storeBytes, mute, device, offers: true };
    const edge = new StealingEdge(traits, work, world);
    edges.set(name, edge);
    world.add(name, {
      get alive() {
        return edge.alive;
      },
      accept: (from, end) => edge.onThief(from, end),
    });
  }
  runRandomTrial({ world, random }, gateway, edges, { ...faults, ...TIMING });
  return { world, gateway, edges, tiles };
}

/** From much too much to an edge that mostly waits. */
function rateOf(random: Random): FrameRate {
  const framesPerSecond = [2, 10, 50, 1000][below(random, 4)]!;
  if (below(random, 2) === 0) return { kind: 'fixed', framesPerSecond };
  return { kind: 'poisson', framesPerSecond, seed: below(random, 1000) };
}

/** What must hold of tiles when nothing is left to happen. */
function expectTilesDone({ world, gateway, edges, tiles }: Run, faults: Faults): void {
  const inPeace = faults.deaths + faults.givenUp + faults.breaks + faults.late === 0;
  expect([...world.mergedTiles.values()].every((count) => count === 1)).toBe(true);
  // Frames are over: nobody holds halos for them. One that was lost, or whose connections were, may.
  if (inPeace) {
    for (const { storedBytes } of edges.values()) expect(storedBytes).toBe(0);
    expect(gateway.storedHaloBytes).toBe(0);
  }
  for (const key of world.finishedFrames.keys()) {
    for (let tile = 0; tile < tiles; tile++) {
      expect(world.mergedTiles.has(`${key}/${tile}`)).toBe(true);
    }
  }
}

const BACK_TO_BACK_SCENARIOS = randomScenarios(6, 4);
const SCENARIOS: readonly { readonly name: string; readonly faults: Faults }[] = [
  ...BACK_TO_BACK_SCENARIOS,
  ...[BACK_TO_BACK_SCENARIOS[0]!, BACK_TO_BACK_SCENARIOS.at(-1)!].map(({ name, faults }) => ({
    name: `${name}, and frames come at a rate`,
    faults: { ...faults, paced: true },
  })),
];

test.each(SCENARIOS)('$name: all frames of living sources complete, once', ({ faults }) => {
  let stolen = 0;
  let reissued = 0;
  let duplicates = 0;
  let early = 0;
  let halos = 0;
  let fetched = 0;
  let replanned = 0;
  for (let seed = 0; seed < RUNS / SCENARIOS.length; seed++) {
    try {
      const run = simulate(seed, faults);
      expectFramesDone(run.world, run.gateway, run.edges, faults);
      expectTilesDone(run, faults);
      for (const edge of run.edges.values()) {
        stolen += edge.stolen;
        reissued += edge.reissued;
        halos += edge.halosUsed;
        fetched += edge.halosFetched;
        replanned += edge.replanned;
      }
      duplicates += run.gateway.duplicates;
      early += run.gateway.earlyResults;
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  // What the scenario is about did happen.
  expect(stolen).toBeGreaterThan(1000);
  if (faults.givenUp === 0) expect(early).toBeGreaterThan(0);
  expect(halos).toBeGreaterThan(1000);
  expect(fetched).toBeGreaterThan(200);
  expect(replanned).toBeGreaterThan(100);
  if (faults.deaths + faults.breaks > 0) expect(reissued).toBeGreaterThan(50);
  if (faults.givenUp > 0) expect(duplicates).toBeGreaterThan(50);
});
