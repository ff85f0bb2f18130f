/**
 * When to change a plan: a frame's plan is kept until another would be so much faster, as things are
 * now, that it cannot be noise.
 */
import type { AdaptiveInput, AdaptivePlanner, CostedPlan } from '../partition/adaptive.ts';
import { costModel, planCost } from '../partition/cost.ts';
import type { EdgeProfile } from '../partition/stages.ts';

/** A new plan must be predicted to save so much. */
const GAIN = 0.05;
/** Of what has changed by less, longer waits are told instead. */
const MUCH = 1.2;
/** While no edge and no link has changed by more, there is no use in looking for another plan. */
const UNCHANGED = 0.04;

export interface PlanChoice extends CostedPlan {
  /** Why it is another plan than that of the source's frame before; undefined where it is the same. */
  readonly changed?: string;
}

interface Known {
  readonly edges: readonly EdgeProfile[];
  readonly stageMs: number;
}

interface Chosen {
  /** As things were when the plan was made. */
  readonly madeFor: Known;
  /** As they were when another was looked for last. */
  readonly edges: readonly EdgeProfile[];
  readonly stageMs: number;
  readonly choice: CostedPlan;
}

export class Replanner {
  readonly #planner: AdaptivePlanner;
  readonly #settings: Omit<AdaptiveInput, 'edges'>;
  /** By source, and how many there are. */
  readonly #chosen = new Map<string, Chosen>();

  constructor(planner: AdaptivePlanner, settings: Omit<AdaptiveInput, 'edges'>) {
    this.#planner = planner;
    this.#settings = settings;
  }

  /**
   * @param edges as they are by now, the frame's source first
   * @param sources positions of those that have frames in flight
   * @param stageMs a stage's wait, as it was seen
   */
  choose(edges: readonly EdgeProfile[], sources: readonly number[] = [0], stageMs = 0): PlanChoice {
    const key = `${edges[0]!.name} of ${sources.length}`;
    const before = this.#chosen.get(key);
    const input = { ...this.#settings, edges, sources, stageMs };
    if (before === undefined || !sameNames(before.edges, edges)) {
      const choice = this.#planner.plan(input);
      this.#chosen.set(key, { madeFor: { edges, stageMs }, edges, stageMs, choice });
      const changed = before === undefined ? 'the first plan' : 'other edges than before';
      return { ...choice, changed };
    }
    if (isUnchanged(before, edges, stageMs)) return before.choice;
    const { plan } = before.choice;
    const kept = { plan, cost: planCost(costModel(input), plan) };
    const found = this.#planner.plan(input);
    const [keptMs, foundMs] = [this.#measure(kept), this.#measure(found)];
    const changes = foundMs < (1 - GAIN) * keptMs;
    const choice = changes ? found : kept;
    const madeFor = changes ? { edges, stageMs } : before.madeFor;
    this.#chosen.set(key, { madeFor, edges, stageMs, choice });
    if (!changes) return choice;
    const changed = `${foundMs.toFixed(1)} ms instead of ${keptMs.toFixed(1)} ms expected: ${difference(before.madeFor, { edges, stageMs })}`;
    return { ...choice, changed };
  }

  #measure({ cost }: CostedPlan): number {
    return this.#settings.objective === 'interval' ? cost.intervalMs : cost.latencyMs;
  }
}

function sameNames(a: readonly EdgeProfile[], b: readonly EdgeProfile[]): boolean {
  return a.length === b.length && a.every(({ name }, index) => name === b[index]!.name);
}

function isUnchanged(before: Chosen, now: readonly EdgeProfile[], stageMs: number): boolean {
  // Waits weigh in the sum of all stages, which a frame is long against.
  if (!near(before.choice.cost.latencyMs, waitingFor(before, stageMs))) return false;
  return now.every((edge, index) => {
    const old = before.edges[index]!;
    return near(totalMs(edge), totalMs(old)) && near(rate(edge), rate(old));
  });
}

/** What the plan should take with another wait of its stages. */
function waitingFor({ choice: { plan, cost }, stageMs: before }: Chosen, stageMs: number): number {
  return cost.latencyMs + (stageMs - before) * plan.stages.length;
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= UNCHANGED * Math.max(a, b);
}

function totalMs({ layerMs }: EdgeProfile): number {
  return layerMs.reduce((sum, ms) => sum + ms, 0);
}

function rate({ rateBitsPerSecond = 0 }: EdgeProfile): number {
  return rateBitsPerSecond;
}

/** What has changed most, for people. */
function difference(before: Known, now: Known): string {
  const longerMs = now.stageMs - before.stageMs;
  const how = `${Math.abs(longerMs).toFixed(0)} ms ${longerMs < 0 ? 'shorter' : 'longer'}`;
  const says = `stages wait ${how}`;
  const [ratio, what] = largestChange(before.edges, now.edges);
  return Math.abs(longerMs) >= 1 && ratio < MUCH ? says : what;
}

function largestChange(
  before: readonly EdgeProfile[],
  now: readonly EdgeProfile[],
): [ratio: number, says: string] {
  let [most, says] = [1, 'small changes together'];
  for (const [index, edge] of now.entries()) {
    const old = before[index]!;
    const slower = totalMs(edge) / totalMs(old);
    const faster = rate(edge) / rate(old);
    for (const [ratio, what] of [
      [slower, 'computes'],
      [1 / faster, 'sends'],
    ] as const) {
      const size = Math.max(ratio, 1 / ratio);
      if (!(size > most)) continue;
      most = size;
      says = `${edge.name} ${what} ${size.toFixed(2)} times ${ratio > 1 ? 'slower' : 'faster'}`;
    }
  }
  return [most, says];
}
