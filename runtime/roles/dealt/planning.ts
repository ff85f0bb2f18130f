/** Who computes what of the next frame: a fixed planner's answer, or one that changes with what is measured. */
import type { Transfer } from '../../net/frame.ts';
import type { MessageOf } from '../../net/messages.ts';
import type { DealtPlan, DealtPlanner, EdgeProfile, PlannerInput } from '../../partition/stages.ts';
import type { Deal, Queue } from '../../schedule/dealer.ts';

export interface Planning {
  /** An edge has told what it measured of itself. */
  know(profile: EdgeProfile): void;
  forget(edge: string): void;
  /** @param edges the frame's source first */
  plan(edges: readonly string[], queue: Queue): DealtPlan;
  /** The frame that was planned last is dealt. */
  dealt?(deal: Deal): void;
  /** An edge has computed its parts of a deal. */
  partsDone?(edge: string, told: MessageOf<'partsDone'>): void;
  /** A large payload has come from an edge. */
  transferred?(edge: string, transfer: Transfer): void;
  /** The deal's last output is here. */
  merged?(deal: Deal): void;
  /**
   * Edges compute, or are not asked to yet: whatever the next frame's plan takes is best done now.
   * By default it is taken to be one like the last.
   */
  lookAhead?(edges?: readonly string[], queue?: Queue): void;
  /** Every frame is finished or lost. */
  end?(): void;
}

/** One plan for the same edges, until one tells another speed. */
export class SteadyPlanning implements Planning {
  readonly #planner: DealtPlanner;
  readonly #settings: Omit<PlannerInput, 'edges'>;
  readonly #profiles = new Map<string, EdgeProfile>();
  /** By the edges that take part. */
  readonly #plans = new Map<string, DealtPlan>();

  constructor(planner: DealtPlanner, settings: Omit<PlannerInput, 'edges'>) {
    this.#planner = planner;
    this.#settings = settings;
  }

  know(profile: EdgeProfile): void {
    this.#profiles.set(profile.name, profile);
    this.#plans.clear();
  }

  forget(edge: string): void {
    this.#profiles.delete(edge);
    this.#plans.clear();
  }

  plan(names: readonly string[]): DealtPlan {
    const key = names.join(' ');
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const edges = names.map((name) => this.#profiles.get(name) ?? { name, layerMs: [] });
    const plan = this.#planner({ ...this.#settings, edges });
    this.#plans.set(key, plan);
    return plan;
  }
}
