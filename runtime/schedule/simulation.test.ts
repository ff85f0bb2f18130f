/**
 * The scheduler's parts together, over thousands of runs with other delays, thefts, deaths and
 * comebacks each: whatever the order of events, all frames of living sources complete, once.
 */
import { expect, test } from 'vitest';
import { below, type Random, seededRandom } from '../testing/random.ts';
import { SimulatedEdge } from '../testing/simulated-edge.ts';
import { type Signal, SimulatedGateway } from '../testing/simulated-gateway.ts';
import { End, EventQueue } from '../testing/simulated-network.ts';
import { SimulatedWork } from '../testing/simulated-work.ts';
import type { TimedRate } from './arrivals.ts';

const RUNS = 5400;
const MOST_EVENTS = 200_000;

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
  readonly gateway: SimulatedGateway;
  readonly edges: ReadonlyMap<string, SimulatedEdge>;
  readonly tiles: number;
}

function simulate(seed: number, faults: Faults): Run {
  const random = seededRandom(seed);
  const events = new EventQueue();
  const work = new SimulatedWork(random);
  const tiles = work.plan.tiles.length;
  const slownessMs = [0, 3, 30, 200][below(random, 4)]!;
  const edges = new Map<string, SimulatedEdge>();
  const frames = framesOfEdges(random);
  const gateway = new SimulatedGateway(events, random, tiles, frames);
  const surroundings = {
    events,
    random,
    work,
    joinGateway: (edge: SimulatedEdge) => {
      const [near, far] = End.pair<Signal>(events, random, slownessMs);
      gateway.onPeer(edge.traits.name, far);
      return near;
    },
    connectTo: (victim: string, thief: string) => {
      const edge = edges.get(victim)!;
      if (!edge.alive) return undefined;
      const [near, far] = End.pair<Signal>(events, random, slownessMs);
      edge.onThief(thief, far);
      return near;
    },
  };
  for (const [name, count] of frames) {
    const framesInFlight = 1 + below(random, 3);
    const tileMs = 1 + below(random, 40);
    const rate = faults.paced === true ? rateOf(random) : undefined;
    const storeBytes = [40, 400, 1e6][below(random, 3)]!;
    const mute = below(random, 8) === 0;
    const traits = { name, frames: count, framesInFlight, tileMs, rate, storeBytes, mute };
    edges.set(name, new SimulatedEdge(traits, surroundings));
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
  for (let count = 0; count < faults.breaks; count++) sometime(() => pick().breakPeer());
  events.drain(MOST_EVENTS);
  return { gateway, edges, tiles };
}

/** From much too much to an edge that mostly waits. */
function rateOf(random: Random): TimedRate {
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
function check({ gateway, edges, tiles }: Run, faults: Faults): void {
  const late = faults.late > 0;
  const inPeace = faults.deaths + faults.givenUp + faults.breaks + faults.late === 0;
  expect(gateway.done).toBe(true);
  expect([...gateway.merged.values()].every((count) => count === 1)).toBe(true);
  expect([...gateway.finished.values()].every((count) => count === 1)).toBe(true);
  const lost = new Set(gateway.lostFrames.map(({ source, frame }) => `${source}/${frame}`));
  expect(lost.size).toBe(gateway.lostFrames.length);
  for (const [name, { traits, alive, storedBytes }] of edges) {
    // Frames are over: nobody holds halos for them. One that was lost, or whose connections were, may.
    if (inPeace) expect(storedBytes).toBe(0);
    const mayLose = gateway.lostEdges.has(name) || !alive || late;
    for (let frame = 0; frame < traits.frames; frame++) {
      const key = `${name}/${frame}`;
      expect(gateway.finished.has(key)).toBe(!lost.has(key));
      if (!mayLose) expect(lost.has(key)).toBe(false);
      if (!gateway.finished.has(key)) continue;
      for (let tile = 0; tile < tiles; tile++) {
        expect(gateway.merged.has(`${key}/${tile}`)).toBe(true);
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
