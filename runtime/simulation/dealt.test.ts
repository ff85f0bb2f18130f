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
import { RandomWorld } from '../testing/random-world.ts';
import { DealtEdge } from './dealt-edge.ts';
import { DealtGateway, type DealtSignal } from './dealt-gateway.ts';

const RUNS = 3000;
const MOST_EVENTS = 200_000;
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

interface Faults {
  /** Edges whose process dies. */
  readonly deaths: number;
  /** Living edges that the gateway gives up, and that come back. */
  readonly givenUp: number;
  /** Connections between edges that break. */
  readonly breaks: number;
  /** Edges that join only after the start. */
  readonly late: number;
}

interface Run {
  readonly world: RandomWorld<DealtSignal>;
  readonly gateway: DealtGateway;
  readonly edges: ReadonlyMap<string, DealtEdge>;
}

function simulate(seed: number, faults: Faults): Run {
  const random = seededRandom(seed);
  const world = new RandomWorld<DealtSignal>(random);
  const { events } = world;
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
  const all = [...edges.values()];
  const pick = () => all[below(random, all.length)]!;
  const late = new Set(Array.from({ length: faults.late }, pick));
  for (const edge of all) {
    if (late.has(edge)) events.after(60 + below(random, 300), () => edge.alive && edge.join());
    else edge.join();
  }
  events.after(50, () => gateway.start());
  const sometime = (happen: () => void) => events.after(below(random, 800), happen);
  for (let count = 0; count < faults.deaths; count++) sometime(() => pick().kill());
  for (let count = 0; count < faults.givenUp; count++) {
    sometime(() => gateway.giveUp(pick().traits.name));
  }
  for (let count = 0; count < faults.breaks; count++)
    sometime(() => pick().breakPeer((most) => below(random, most)));
  events.drain(MOST_EVENTS);
  return { world, gateway, edges };
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
function check({ world, gateway, edges }: Run, late: boolean): void {
  expect(gateway.done).toBe(true);
  expect([...world.finishedFrames.values()].every((count) => count === 1)).toBe(true);
  const lost = new Set(gateway.lostFrames.map(({ source, frame }) => `${source}/${frame}`));
  expect(lost.size).toBe(gateway.lostFrames.length);
  for (const [name, { traits, alive }] of edges) {
    const mayLose = gateway.lostEdges.has(name) || !alive || late;
    for (let frame = 0; frame < traits.count; frame++) {
      const key = `${name}/${frame}`;
      expect(world.finishedFrames.has(key)).toBe(!lost.has(key));
      if (!mayLose) expect(lost.has(key)).toBe(false);
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
    faults: { deaths: 0, givenUp: 0, breaks: 12, late: 0 },
  },
  { name: 'edges join late', faults: { deaths: 0, givenUp: 0, breaks: 0, late: 2 } },
  { name: 'all at once', faults: { deaths: 2, givenUp: 3, breaks: 6, late: 1 } },
];

test.each(SCENARIOS)('$name: all frames of living sources complete, once', ({ faults }) => {
  let [cancelled, stale, early, joinedLate] = [0, 0, 0, 0];
  for (let seed = 0; seed < RUNS / SCENARIOS.length; seed++) {
    try {
      const run = simulate(seed, faults);
      check(run, faults.late > 0);
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
