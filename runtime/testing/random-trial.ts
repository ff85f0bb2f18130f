/** A trial in a random world: which edges there are, when they join, and what befalls them. */
import { expect } from 'vitest';
import type { FrameId } from '../schedule/collector.ts';
import { below, type Random } from './random.ts';
import type { RandomWorld } from './random-world.ts';

export interface RandomFaults {
  /** Edges whose process dies. */
  readonly deaths: number;
  /** Living edges that the gateway gives up, and that come back. */
  readonly givenUp: number;
  /** Connections between edges that break. */
  readonly breaks: number;
  /** Edges that join only after the start. */
  readonly late: number;
}

const NONE: RandomFaults = { deaths: 0, givenUp: 0, breaks: 0, late: 0 };

const MOST_EVENTS = 200_000;

interface RandomScenario {
  readonly name: string;
  readonly faults: RandomFaults;
}

/** @param breaks where nothing else happens @param breaksBeside where all happens at once */
export function randomScenarios(breaks: number, breaksBeside: number): readonly RandomScenario[] {
  return [
    { name: 'nothing fails', faults: NONE },
    { name: 'edges die', faults: { ...NONE, deaths: 2 } },
    { name: 'living edges are given up and come back', faults: { ...NONE, givenUp: 3 } },
    { name: 'connections between edges break', faults: { ...NONE, breaks } },
    { name: 'edges join late', faults: { ...NONE, late: 2 } },
    {
      name: 'all at once',
      faults: { deaths: 2, givenUp: 3, breaks: breaksBeside, late: 1 },
    },
  ];
}

interface RandomEdge {
  readonly traits: { readonly name: string; readonly count: number };
  readonly alive: boolean;
  join(): void;
  kill(): void;
  /** @param pick which of so many */
  breakPeer(pick: (count: number) => number): void;
}

interface RandomGateway {
  readonly done: boolean;
  readonly lostFrames: readonly FrameId[];
  readonly lostEdges: ReadonlySet<string>;
  start(): void;
  giveUp(edge: string): void;
}

export interface RandomTiming {
  /** When the last fault happens, at the latest. */
  readonly faultsMs: number;
  /** Who joins late does so this long after the others, and up to 300 ms more. */
  readonly lateMs: number;
}

/** Runs until nothing is left to happen. Throws where that takes more than so many events. */
export function runRandomTrial<Signal>(
  { world, random }: { readonly world: RandomWorld<Signal>; readonly random: Random },
  gateway: RandomGateway,
  edges: ReadonlyMap<string, RandomEdge>,
  { deaths, givenUp, breaks, late, faultsMs, lateMs }: RandomFaults & RandomTiming,
): void {
  const { events } = world;
  const all = [...edges.values()];
  const pick = () => all[below(random, all.length)]!;
  const joinLate = new Set(Array.from({ length: late }, pick));
  for (const edge of all) {
    if (!joinLate.has(edge)) edge.join();
    else events.after(lateMs + below(random, 300), () => edge.alive && edge.join());
  }
  events.after(50, () => gateway.start());
  const sometime = (count: number, happen: () => void) => {
    for (let index = 0; index < count; index++) events.after(below(random, faultsMs), happen);
  };
  sometime(deaths, () => pick().kill());
  sometime(givenUp, () => gateway.giveUp(pick().traits.name));
  sometime(breaks, () => pick().breakPeer((count) => below(random, count)));
  events.drain(MOST_EVENTS);
}

/** By edge, how many frames it has: from one to six edges, at least one of them a source. */
export function framesOfEdges(random: Random): Map<string, number> {
  const count = 1 + below(random, 6);
  const sources = 1 + below(random, count);
  return new Map(
    Array.from({ length: count }, (_, index) => [
      `edge${index}`,
      index < sources ? 1 + below(random, 4) : 0,
    ]),
  );
}

/**
 * What must hold when nothing is left to happen: every frame is finished once or lost, and lost only
 * where its source was gone for a while. Fails the test where it does not.
 */
export function expectFramesDone(
  { finishedFrames }: Pick<RandomWorld<unknown>, 'finishedFrames'>,
  gateway: RandomGateway,
  edges: ReadonlyMap<string, RandomEdge>,
  { late }: RandomFaults,
): void {
  expect(gateway.done).toBe(true);
  expect([...finishedFrames.values()].every((count) => count === 1)).toBe(true);
  const lost = new Set(gateway.lostFrames.map(({ source, frame }) => `${source}/${frame}`));
  expect(lost.size).toBe(gateway.lostFrames.length);
  for (const [name, { traits, alive }] of edges) {
    const mayLose = gateway.lostEdges.has(name) || !alive || late > 0;
    for (let frame = 0; frame < traits.count; frame++) {
      const key = `${name}/${frame}`;
      expect(finishedFrames.has(key)).toBe(!lost.has(key));
      if (!mayLose) expect(lost.has(key)).toBe(false);
    }
  }
}
