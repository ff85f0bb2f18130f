/**
 * Planning that goes on while frames are computed: what edges and transfers took goes into the profiles,
 * and the next frame is planned by these. Every change of plan is told to whoever started the gateway,
 * and at the end what each plan's frames took beside what was expected of them.
 */
import { monotonicMs } from '../../clock.ts';
import type { Network } from '../../model/network.ts';
import type { Transfer } from '../../net/frame.ts';
import type { MessageOf } from '../../net/messages.ts';
import { AdaptivePlanner, type Objective } from '../../partition/adaptive.ts';
import { type Conditions, partMs } from '../../partition/cost-model.ts';
import { sortedStage } from '../../partition/pieces.ts';
import { regionHeight, regionWidth } from '../../partition/region.ts';
import { pooled } from '../../partition/shares.ts';
import type { DealtPlan, EdgeProfile, PlannerInput } from '../../partition/stages.ts';
import { median } from '../../quantiles.ts';
import type { Deal, Queue } from '../../schedule/dealer.ts';
import { Profiles } from '../../schedule/profiles.ts';
import { type PlanChoice, Replanner } from '../../schedule/replanner.ts';
import type { PlanEvent, RoleEvent } from '../events.ts';
import type { Planning } from './planning.ts';

/** Deals whose edges may still tell what they took. */
const REMEMBERED_DEALS = 32;
/** A plan's first frames say how well it was predicted: a soak must not gather them for ever. */
const MEASURED_FRAMES = 1000;

interface UsedPlan {
  readonly number: number;
  readonly latencyMs: number[];
  readonly intervalMs: number[];
}

/** Everything that is the same for all frames. */
export type PlanningSettings = Omit<PlannerInput, 'edges'> &
  Pick<Conditions, 'frames'> & {
    readonly medium?: Conditions['medium'] | undefined;
  };

/** What a frame was planned by. */
interface Asked {
  readonly names: readonly string[];
  readonly sources: readonly string[];
  readonly objective: Objective;
}

interface RememberedDeal {
  readonly deal: Deal;
  readonly used: UsedPlan;
  readonly dealtAtMs: number;
}

export class AdaptivePlanning implements Planning {
  readonly #network: Network;
  readonly #settings: Omit<PlanningSettings, 'medium'> & Pick<Conditions, 'medium'>;
  readonly #emit: (event: RoleEvent) => void;
  readonly #nowMs: () => number;
  readonly #profiles: Profiles;
  readonly #replanners: Readonly<Record<Objective, Replanner>>;
  readonly #deals = new Map<number, RememberedDeal>();
  readonly #used: UsedPlan[] = [];
  readonly #numbers = new WeakMap<DealtPlan, UsedPlan>();
  /** Of the frame that was planned last, until it is dealt. */
  #chosen: { readonly choice: PlanChoice; readonly objective: Objective } | undefined;
  #asked: Asked | undefined;
  /** Found before there was a frame for it. */
  #ahead: { readonly asked: Asked; readonly choice: PlanChoice } | undefined;
  #lastMerged: { readonly used: UsedPlan; readonly atMs: number } | undefined;

  constructor(
    { medium = 'links', ...settings }: PlanningSettings,
    emit: (event: RoleEvent) => void,
    nowMs: () => number = monotonicMs,
  ) {
    this.#network = settings.network;
    this.#settings = { ...settings, medium };
    this.#profiles = new Profiles({ oneMedium: medium === 'shared' });
    this.#emit = emit;
    this.#nowMs = nowMs;
    const planner = new AdaptivePlanner(settings.network, settings.fusedLayers);
    this.#replanners = {
      latency: new Replanner(planner, { ...this.#settings, objective: 'latency' }),
      interval: new Replanner(planner, { ...this.#settings, objective: 'interval' }),
    };
  }

  know(profile: EdgeProfile): void {
    this.#profiles.join(profile);
    this.#ahead = undefined;
  }

  forget(edge: string): void {
    this.#profiles.leave(edge);
    this.#ahead = undefined;
  }

  /** A frame alone is to be done soon; of frames that queue, many are to be done. */
  plan(names: readonly string[], queue: Queue): DealtPlan {
    const asked = askedFor(names, queue);
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const choice =
      ahead !== undefined && isSame(ahead.asked, asked) ? ahead.choice : this.#choose(asked);
    this.#asked = asked;
    this.#chosen = { choice, objective: asked.objective };
    return choice.plan;
  }

  /** Finds the plan by which the next frame is dealt, if it is one like the last, or like the one that is told. */
  lookAhead(names?: readonly string[], queue?: Queue): void {
    const asked = names && queue ? askedFor(names, queue) : this.#asked;
    if (asked === undefined) return;
    const choice = this.#choose(asked);
    // What was found ahead before, and not asked for, was a change too.
    const changed = choice.changed ?? this.#ahead?.choice.changed;
    this.#ahead = { asked, choice: changed === undefined ? choice : { ...choice, changed } };
  }

  #choose({ names, sources, objective }: Asked): PlanChoice {
    const giving = sources.map((source) => names.indexOf(source)).filter((at) => at >= 0);
    return this.#replanners[objective].choose(this.#current(names), giving);
  }

  #current(names: readonly string[]): readonly EdgeProfile[] {
    return pooled(names.map((name) => this.#profiles.current(name)));
  }

  dealt(deal: Deal): void {
    const { choice, objective } = this.#chosen!;
    let used = this.#numbers.get(choice.plan);
    if (used === undefined) {
      used = { number: this.#used.length, latencyMs: [], intervalMs: [] };
      this.#used.push(used);
      this.#numbers.set(choice.plan, used);
      this.#emit(this.#describe(used.number, deal, choice, objective));
    }
    this.#deals.set(deal.id, { deal, used, dealtAtMs: this.#nowMs() });
    const [oldest] = this.#deals.keys();
    if (this.#deals.size > REMEMBERED_DEALS && oldest !== undefined) this.#deals.delete(oldest);
  }

  partsDone(edge: string, { deal: id, computeMs, delayMs }: MessageOf<'partsDone'>): void {
    this.#profiles.delay(edge, delayMs);
    const known = this.#deals.get(id);
    const position = known?.deal.edges.indexOf(edge) ?? -1;
    if (known === undefined || position < 0) return;
    const { layerMs } = this.#profiles.measured(edge);
    if (layerMs.length === 0) return;
    const { plan } = known.deal;
    let profileMs = 0;
    for (const [stage, { parts }] of plan.stages.entries()) {
      for (const part of sortedStage(plan, stage).held.get(position) ?? []) {
        profileMs += partMs(this.#network, parts[part]!, layerMs);
      }
    }
    this.#profiles.computed(edge, profileMs, computeMs);
  }

  transferred(edge: string, { bytes, ms }: Transfer): void {
    this.#profiles.transferred(edge, bytes, ms);
  }

  merged({ id, edges, plan }: Deal): void {
    this.#profiles.frameDone(new Set(plan.holders.flat().map((holder) => edges[holder]!)));
    const known = this.#deals.get(id);
    if (known === undefined) return;
    const { used, dealtAtMs } = known;
    const atMs = this.#nowMs();
    const before = this.#lastMerged;
    this.#lastMerged = { used, atMs };
    if (used.latencyMs.length >= MEASURED_FRAMES) return;
    used.latencyMs.push(atMs - dealtAtMs);
    if (before?.used === used && dealtAtMs < before.atMs) used.intervalMs.push(atMs - before.atMs);
  }

  end(): void {
    for (const { number: plan, latencyMs, intervalMs } of this.#used) {
      if (latencyMs.length === 0) continue;
      this.#emit({
        event: 'plan-measured',
        plan,
        frames: latencyMs.length,
        latencyMs: median(latencyMs),
        ...(intervalMs.length === 0 ? {} : { intervalMs: median(intervalMs) }),
      });
    }
  }

  #describe(
    plan: number,
    { source, frame, edges, plan: dealt }: Deal,
    { cost, changed = 'a plan from before' }: PlanChoice,
    objective: Objective,
  ): PlanEvent {
    return {
      event: 'plan',
      plan,
      source,
      frame,
      why: objective === 'interval' ? `${changed}, while frames queue` : changed,
      objective,
      route: dealt.route,
      predictedLatencyMs: cost.latencyMs,
      predictedIntervalMs: cost.intervalMs,
      stages: dealt.stages.map(({ from, to, parts }, stage) => ({
        from,
        to,
        parts: parts.map(({ output }, part) => ({
          edge: edges[dealt.holders[stage]![part]!]!,
          width: regionWidth(output),
          height: regionHeight(output),
        })),
      })),
      edges: edges.map((name) => {
        const { layerMs, rateBitsPerSecond, delayMs } = this.#profiles.current(name);
        return {
          name,
          ...(layerMs.length === 0 ? {} : { frameMs: layerMs.reduce((sum, ms) => sum + ms, 0) }),
          ...(rateBitsPerSecond === undefined ? {} : { rateBitsPerSecond }),
          ...(delayMs === undefined ? {} : { delayMs }),
        };
      }),
    };
  }
}

function askedFor(names: readonly string[], { frames, sources }: Queue): Asked {
  return { names, sources, objective: frames > 1 ? 'interval' : 'latency' };
}

function isSame(one: Asked, other: Asked): boolean {
  const alike = (a: readonly string[], b: readonly string[]) => a.join(' ') === b.join(' ');
  return (
    one.objective === other.objective &&
    alike(one.names, other.names) &&
    alike(one.sources, other.sources)
  );
}
