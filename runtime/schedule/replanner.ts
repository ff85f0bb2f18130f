/**
 * When to change a plan: a frame's plan is kept until another would be so much faster, as things are
 * now, that it cannot be noise.
 */
import type { AdaptiveInput, AdaptivePlanner, CostedPlan } from '../partition/adaptive.ts';
import type { EdgeProfile } from '../partition/stages.ts';

/** A new plan must be predicted to save so much. */
const GAIN = 0.05;
/** While no edge and no link has changed by more, there is no use in looking for another plan. */
const UNCHANGED = 0.04;

/**
 * With every frame another plan is looked for among so many edges at most: planning for a thousand takes half
 * a second, in which some of them always seem to have changed. Among more it is looked for after one frame,
 * then two, four, and so on up to a frame for each so many edges.
 */
const EDGES_A_FRAME = 32;

export interface PlanChoice extends CostedPlan {
  /** Why it is another plan than that of the source's frame before; undefined where it is the same. */
  readonly changed?: string;
}

interface Chosen {
  /** As they were when the plan was made. */
  readonly madeFor: readonly EdgeProfile[];
  /** As they were when another was looked for last. */
  readonly edges: readonly EdgeProfile[];
  readonly choice: CostedPlan;
  /** Frames until another may be looked for, and how many these were. */
  readonly rests: number;
  readonly rest: number;
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
   */
  choose(edges: readonly EdgeProfile[], sources: readonly number[] = [0]): PlanChoice {
    const key = `${edges[0]!.name} of ${sources.length}`;
    const before = this.#chosen.get(key);
    const input = { ...this.#settings, edges, sources };
    if (before === undefined || !sameNames(before.edges, edges)) {
      const choice = this.#planner.plan(input);
      this.#chosen.set(key, { madeFor: edges, edges, choice, rests: 0, rest: 0 });
      const changed = before === undefined ? 'the first plan' : 'other edges than before';
      return { ...choice, changed };
    }
    if (before.rests > 0) this.#chosen.set(key, { ...before, rests: before.rests - 1 });
    if (before.rests > 0 || isUnchanged(before.edges, edges)) return before.choice;
    const { plan } = before.choice;
    const kept = { plan, cost: this.#planner.cost(input, plan) };
    const found = this.#planner.plan(input);
    const [keptMs, foundMs] = [this.#measure(kept), this.#measure(found)];
    const changes = foundMs < (1 - GAIN) * keptMs;
    const choice = changes ? found : kept;
    const rest = Math.min(2 * before.rest + 1, Math.ceil(edges.length / EDGES_A_FRAME) - 1);
    const madeFor = changes ? edges : before.madeFor;
    this.#chosen.set(key, { madeFor, edges, choice, rests: rest, rest });
    if (!changes) return choice;
    const changed = `${foundMs.toFixed(1)} ms instead of ${keptMs.toFixed(1)} ms expected: ${difference(before.madeFor, edges)}`;
    return { ...choice, changed };
  }

  #measure({ cost }: CostedPlan): number {
    return this.#settings.objective === 'interval' ? cost.intervalMs : cost.latencyMs;
  }
}

function sameNames(a: readonly EdgeProfile[], b: readonly EdgeProfile[]): boolean {
  return a.length === b.length && a.every(({ name }, index) => name === b[index]!.name);
}

function isUnchanged(before: readonly EdgeProfile[], now: readonly EdgeProfile[]): boolean {
  return now.every((edge, index) => {
    const old = before[index]!;
    return near(totalMs(edge), totalMs(old)) && near(rate(edge), rate(old));
  });
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
function difference(before: readonly EdgeProfile[], now: readonly EdgeProfile[]): string {
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
  return says;
}
