/**
 * The scheduler's parts together, over thousands of runs with other delays, thefts, deaths and
 * comebacks each: whatever the order of events, all frames of living sources complete, once.
 */
import { expect, test } from 'vitest';
import type { FrameRate } from '../schedule/arrivals.ts';
import { below, type Random, seededRandom } from '../testing/random.ts';
import { RandomWorld } from '../testing/random-world.ts';
import { SimulatedWork } from '../testing/simulated-work.ts';
import { StealingEdge } from './stealing-edge.ts';
import { StealingGateway, type StealingSignal } from './stealing-gateway.ts';

const RUNS = 5400;
const MOST_EVENTS = 200_000;
const BACK_TO_BACK = { kind: 'back-to-back' } as const;

interface Faults {
  /** Edges whose process dies. */
  readonly deaths: number;
  /** Living edges that the gateway gives up, and that come back. */
  readonly givenUp: number;
  /** Connections between edges that break. */
  readonly breaks: number;
  /** Edges that join only after the start. */
  readonly late: number;
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
  const { events } = world;
  const work = new SimulatedWork(random);
  const tiles = work.plan.tiles.length;
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
  const all = [...edges.values()];
  const pick = () => all[below(random, all.length)]!;
  const late = new Set(Array.from({ length: faults.late }, pick));
  for (const edge of all) {
    if (late.has(edge)) events.after(100 + below(random, 300), () => edge.alive && edge.join());
    else edge.join();
  }
  events.after(50, () => gateway.start());
  const sometime = (happen: () => void) => events.after(below(random, 600), happen);
  for (let count = 0; count < faults.deaths; count++) sometime(() => pick().kill());
  for (let count = 0; count < faults.givenUp; count++) {
    sometime(() => gateway.giveUp(pick().traits.name));
  }
  for (let count = 0; count < faults.breaks; count++)
    sometime(() => pick().breakPeer((most) => below(random, most)));
  events.drain(MOST_EVENTS);
  return { world, gateway, edges, tiles };
}

/** From much too much to an edge that mostly waits. */
function rateOf(random: Random): FrameRate {
  const framesPerSecond = [2, 10, 50, 1000][below(random, 4)]!;
  if (below(random, 2) === 0) return { kind: 'fixed', framesPerSecond };
  return { kind: 'poisson', framesPerSecond, seed: below(random, 1000) };
}

/** From one to six edges, at least one of them a source. */
function framesOfEdges(random: Random): Map<string, number> {
  const count = 1 + below(random, 6);
  const sources = 1 + below(random, count);
  return new Map(
    Array.from({ length: count }, (_, index) => [
      `edge${index}`,
      index < sources ? 1 + below(random, 4) : 0,
    ]),
  );
}

/** What must hold when nothing is left to happen. */
function check({ world, gateway, edges, tiles }: Run, faults: Faults): void {
  const late = faults.late > 0;
  const inPeace = faults.deaths + faults.givenUp + faults.breaks + faults.late === 0;
  expect(gateway.done).toBe(true);
  expect([...world.mergedTiles.values()].every((count) => count === 1)).toBe(true);
  expect([...world.finishedFrames.values()].every((count) => count === 1)).toBe(true);
  const lost = new Set(gateway.lostFrames.map(({ source, frame }) => `${source}/${frame}`));
  expect(lost.size).toBe(gateway.lostFrames.length);
  for (const [name, { traits, alive, storedBytes }] of edges) {
    // Frames are over: nobody holds halos for them. One that was lost, or whose connections were, may.
    if (inPeace) expect(storedBytes).toBe(0);
    const mayLose = gateway.lostEdges.has(name) || !alive || late;
    for (let frame = 0; frame < traits.count; frame++) {
      const key = `${name}/${frame}`;
      expect(world.finishedFrames.has(key)).toBe(!lost.has(key));
      if (!mayLose) expect(lost.has(key)).toBe(false);
      if (!world.finishedFrames.has(key)) continue;
      for (let tile = 0; tile < tiles; tile++) {
        expect(world.mergedTiles.has(`${key}/${tile}`)).toBe(true);
      }
    }
  }
}

const SCENARIOS: readonly { readonly name: string; readonly faults: Faults }[] = [
  { name: 'nothing fails', faults: { deaths: 0, givenUp: 0, breaks: 0, late: 0 } },
  { name: 'edges die', faults: { deaths: 2, givenUp: 0, breaks: 0, late: 0 } },
  {
    name: 'living edges are given up and come back',
    faults: { deaths: 0, givenUp: 3, breaks: 0, late: 0 },
  },
  {
    name: 'connections between edges break',
    faults: { deaths: 0, givenUp: 0, breaks: 6, late: 0 },
  },
  { name: 'edges join late', faults: { deaths: 0, givenUp: 0, breaks: 0, late: 2 } },
  { name: 'all at once', faults: { deaths: 2, givenUp: 3, breaks: 4, late: 1 } },
  {
    name: 'frames come at a rate',
    faults: { deaths: 0, givenUp: 0, breaks: 0, late: 0, paced: true },
  },
  {
    name: 'all at once, and frames come at a rate',
    faults: { deaths: 2, givenUp: 3, breaks: 4, late: 1, paced: true },
  },
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
      check(run, faults);
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
