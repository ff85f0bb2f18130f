/**
 * Where to cut the fused layers into stages, over which edges, and in which cells: the cheapest plan by
 * the cost model, found by dynamic programming.
 *
 * The idea is AOFL's (adaptive optimally fused layers, Zhou et al., SEC 2019), which looks for where to
 * fuse and how finely to partition. Here every stage may have other edges and another shape, shares
 * follow measured speeds, and what travels between two stages is counted exactly, from the cells on both
 * sides of the cut. Cuts lie in front of layers whose window overlaps its neighbours': elsewhere a cut
 * saves no computing.
 *
 *   cheapest(stage s, shared out as c) = compute(c) + min over stages that end where s begins, and their
 *                                        sharings p, of cheapest(p) + exchange(p, c)
 *
 * A branch ends when what it costs so far, with every later stage shared out as suits it alone, is no
 * better than a plan already known; so the result is the best of all, not of those looked at. A narrow
 * search comes first, since the sooner a good plan is known, the more branches end.
 */
import type { Network } from '../model/network.ts';
import { type Candidate, StageShape } from './candidates.ts';
import { type PlanCost, planCost } from './cost.ts';
import { type Conditions, type CostModel, costModel } from './cost-model.ts';
import { planFtpWorkSharing, planNeighbour } from './dealt.ts';
import { Exchanges, gather, halosAtLeastMs, scatter } from './exchange.ts';
import { ExchangeMeter } from './exchange-meter.ts';
import { fusibleLayers, type WindowLayer } from './ftp.ts';
import { StripOverlap } from './overlap.ts';
import { type DealtPlan, type PlannerInput, planStage } from './stages.ts';
import { Timelines } from './timeline.ts';

/** What a plan is to be good at: one frame's latency, or the interval between frames when several are in flight. */
export type Objective = 'latency' | 'interval';

export type AdaptiveInput = PlannerInput &
  Omit<Conditions, keyof PlannerInput> & {
    /** Default: latency. */
    readonly objective?: Objective;
  };

export interface CostedPlan {
  readonly plan: DealtPlan;
  readonly cost: PlanCost;
}

/** How much an exchange counts beside computing: frames in flight hide some of it, nobody knows how much. */
const EXCHANGE_WEIGHTS = { latency: [1], interval: [1, 0.5, 0.2, 0] } as const;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Of each cut's steps, so many are followed to find a plan that is nearly the cheapest. */
const FEW_STEPS = 4;
/** What sums of floats may differ by, relatively, when they are added in another order. */
const HAIR = 1e-9;

/** What is searched: every stage's sharings, and what lies between any two. */
interface SearchSpace {
  readonly model: CostModel;
  readonly sharings: ReadonlyMap<StageShape, readonly Candidate[]>;
  readonly exchanges: Exchanges;
}

/** How it is searched: how much exchanges count, and then by cut what is still to come at least. */
interface Weighing {
  readonly exchangeWeight: number;
  readonly atLeastMs: ReadonlyMap<number, number>;
}

/** A candidate with the cheapest way to it. */
interface Step {
  readonly candidate: Candidate;
  readonly ms: number;
  readonly before: Step | undefined;
}

/** Plans for one network; what depends on its geometry alone is found once. */
export class AdaptivePlanner {
  readonly #network: Network;
  readonly #layers: readonly WindowLayer[];
  /** Ascending, the first and the last layer's end among them. */
  readonly #cuts: readonly number[];
  readonly #shapes: readonly StageShape[];

  /** @throws TilebedError (INPUT) that names the layer which cannot be fused */
  constructor(network: Network, fusedLayers: number) {
    this.#network = network;
    this.#layers = fusibleLayers(network, fusedLayers);
    const inside = this.#layers.filter(({ index, size, stride }) => index > 0 && size > stride);
    this.#cuts = [0, ...inside.map(({ index }) => index), fusedLayers];
    this.#shapes = this.#cuts.flatMap((from, first) =>
      this.#cuts.slice(first + 1).map((to) => new StageShape(this.#layers.slice(from, to))),
    );
  }

  /**
   * The cheapest plan. For one frame's latency it may be one of halved strips, where these are sooner done
   * than the plan that `search` finds: latencies are then those of the timeline.
   */
  plan(input: AdaptiveInput): CostedPlan {
    const model = costModel(input);
    const space = this.#space(model);
    const found = this.#cheapest(input, space);
    if (input.objective === 'interval') return found;
    const { plan } = found;
    const timelines = new Timelines(model);
    const alike = { plan, cost: timelines.cost(plan, found.cost) };
    const team = [...new Set(plan.holders.flat())].sort((a, b) => a - b);
    if (team.length < 2) return alike;
    const shares = (from: number, to: number) =>
      space.sharings.get(this.#shapes.find((shape) => shape.from === from && shape.to === to)!) ??
      [];
    const halved = new StripOverlap(timelines, this.#layers, team, shares).best(
      this.#cuts,
      [plan.stages.map(({ to }) => to), this.#cuts.slice(1)],
      found.cost.latencyMs,
    );
    if (halved === undefined) return alike;
    const cost = timelines.cost(halved.plan, planCost(model, halved.plan));
    return cost.latencyMs < alike.cost.latencyMs ? { plan: halved.plan, cost } : alike;
  }

  /** What a plan costs, by the measure that `plan` goes by. */
  cost(input: AdaptiveInput, plan: DealtPlan): PlanCost {
    const model = costModel(input);
    const cost = planCost(model, plan);
    return input.objective === 'interval' ? cost : new Timelines(model).cost(plan, cost);
  }

  /** @returns the cheapest bulk-synchronous plan, never dearer than the source alone, `neighbour`, or fused tiles in `grid` */
  search(input: AdaptiveInput): CostedPlan {
    return this.#cheapest(input, this.#space(costModel(input)));
  }

  #space(model: CostModel): SearchSpace {
    const sharings = new Map(this.#shapes.map((shape) => [shape, shape.candidates(model)]));
    return { model, sharings, exchanges: new Exchanges(model) };
  }

  #cheapest(input: AdaptiveInput, space: SearchSpace): CostedPlan {
    const { model } = space;
    const objective = input.objective ?? 'latency';
    const measure = ({ cost }: CostedPlan) =>
      objective === 'latency' ? cost.latencyMs : cost.intervalMs;
    const costed = (plan: DealtPlan): CostedPlan => ({ plan, cost: planCost(model, plan) });
    const tiles: DealtPlan = { ...planFtpWorkSharing(input), route: 'direct' };
    const known = [this.#alone(), planNeighbour(input), tiles];
    let best = cheapest(known.map(costed), measure);
    const seen: (readonly Candidate[])[] = [];
    for (const weight of EXCHANGE_WEIGHTS[objective]) {
      const limitMs = objective === 'latency' ? best.cost.latencyMs : Number.POSITIVE_INFINITY;
      const found = this.#search(space, weight, limitMs);
      if (found === undefined || seen.some((other) => isSame(other, found))) continue;
      seen.push(found);
      best = cheapest([best, costed(this.#assemble(found))], measure);
    }
    return best;
  }

  /** Everything in one piece on the frame's source. */
  #alone(): DealtPlan {
    const { height, width } = this.#layers.at(-1)!.output;
    const whole = { x1: 0, y1: 0, x2: width - 1, y2: height - 1 };
    return { stages: [planStage(this.#layers, [whole])], holders: [[0]], route: 'direct' };
  }

  /** The cheapest way through the search space, unless it costs `limitMs` or more. */
  #search(
    space: SearchSpace,
    exchangeWeight: number,
    limitMs: number,
  ): readonly Candidate[] | undefined {
    const weighing = { exchangeWeight, atLeastMs: this.#restAtLeast(space, exchangeWeight) };
    // What a narrow search finds is soon found, and nearly the cheapest: it ends most branches of the whole one.
    const narrow = this.#follow(space, weighing, limitMs, FEW_STEPS);
    const boundMs = narrow === undefined ? limitMs : narrow.ms * (1 + HAIR);
    const last = this.#follow(
      space,
      weighing,
      Math.min(limitMs, boundMs),
      Number.POSITIVE_INFINITY,
    );
    return last && wayTo(last.step);
  }

  /** The cheapest way through all layers for less than `limitMs`, of each cut's `most` cheapest steps. */
  #follow(
    { model, sharings, exchanges }: SearchSpace,
    { exchangeWeight, atLeastMs }: Weighing,
    limitMs: number,
    most: number,
  ): { readonly step: Step; readonly ms: number } | undefined {
    const meter = new ExchangeMeter(model);
    const end = this.#layers.length;
    let cheapestMs = limitMs;
    let last: Step | undefined;
    /** By the cut where they end, cheapest first. */
    const steps = new Map<number, Step[]>();
    for (const to of this.#cuts.slice(1)) {
      const reached: Step[] = [];
      for (const shape of this.#shapes) {
        if (shape.to !== to) continue;
        const elementBytes = shape.input.channels * FLOAT_BYTES;
        const before = steps.get(shape.from) ?? [];
        for (const candidate of sharings.get(shape)!) {
          const computeMs = candidate.computeMs;
          let [ms, way] = [Number.POSITIVE_INFINITY, undefined as Step | undefined];
          if (shape.from === 0) {
            scatter(model, meter, candidate);
            ms = computeMs + exchangeWeight * meter.ms;
          }
          const halosMs = halosAtLeastMs(model, candidate, shape.input, elementBytes);
          for (const step of before) {
            const bound = Math.min(ms, cheapestMs - atLeastMs.get(to)!);
            const soFarMs = step.ms + computeMs;
            if (soFarMs + exchangeWeight * halosMs >= bound) break;
            // A hair more, since a quotient is rounded.
            const enoughMs = ((bound - soFarMs) / exchangeWeight) * (1 + HAIR);
            const exchangeMs = exchanges.ms(step.candidate, candidate, elementBytes, enoughMs);
            const total = soFarMs + exchangeWeight * exchangeMs;
            if (total < bound) [ms, way] = [total, step];
          }
          if (ms + atLeastMs.get(to)! < cheapestMs) reached.push({ candidate, ms, before: way });
        }
      }
      steps.set(to, reached.sort((a, b) => a.ms - b.ms).slice(0, most));
    }
    for (const step of steps.get(end)!) {
      if (step.ms >= cheapestMs) break;
      gather(model, meter, step.candidate, this.#layers.at(-1)!.output.channels * FLOAT_BYTES);
      const ms = step.ms + exchangeWeight * meter.ms;
      if (ms < cheapestMs) [cheapestMs, last] = [ms, step];
    }
    return last && { step: last, ms: cheapestMs };
  }

  /** By cut, milliseconds that the layers behind it take at least, were every stage shared out as suits it alone. */
  #restAtLeast({ model, sharings }: SearchSpace, exchangeWeight: number): Map<number, number> {
    const found = new Map([[this.#layers.length, 0]]);
    for (const cut of this.#cuts.slice(0, -1).reverse()) {
      let least = Number.POSITIVE_INFINITY;
      for (const shape of this.#shapes) {
        if (shape.from !== cut) continue;
        const elementBytes = shape.input.channels * FLOAT_BYTES;
        for (const candidate of sharings.get(shape)!) {
          const halosMs = halosAtLeastMs(model, candidate, shape.input, elementBytes);
          const stageMs = candidate.computeMs + (cut === 0 ? 0 : exchangeWeight * halosMs);
          least = Math.min(least, stageMs + found.get(shape.to)!);
        }
      }
      // A hair less, since sums of floats depend on their order.
      found.set(cut, least * (1 - HAIR));
    }
    return found;
  }

  #assemble(candidates: readonly Candidate[]): DealtPlan {
    return {
      stages: candidates.map(({ from, to, holders, outputs }) =>
        planStage(
          this.#network.layers.slice(from, to) as WindowLayer[],
          holders.map((_, part) => ({
            x1: outputs[4 * part]!,
            y1: outputs[4 * part + 1]!,
            x2: outputs[4 * part + 2]!,
            y2: outputs[4 * part + 3]!,
          })),
        ),
      ),
      holders: candidates.map(({ holders }) => holders),
      route: 'direct',
    };
  }
}

function wayTo(last: Step): readonly Candidate[] {
  const way: Candidate[] = [];
  for (let step: Step | undefined = last; step !== undefined; step = step.before) {
    way.unshift(step.candidate);
  }
  return way;
}

function isSame(one: readonly Candidate[], other: readonly Candidate[]): boolean {
  return one.length === other.length && one.every((candidate, at) => candidate === other[at]);
}

/** The first of the cheapest. */
function cheapest(plans: readonly CostedPlan[], measure: (plan: CostedPlan) => number): CostedPlan {
  return plans.reduce((best, plan) => (measure(plan) < measure(best) ? plan : best));
}
