/**
 * The gateway's side of dealing: which frame is dealt next, to whom, and what has come back.
 *
 *   expected ──announce──▶ waiting ──next──▶ dealt ──last output──▶ merged ──finish──▶ finished
 *      │                    │  ▲               │
 *      │                    │  └─lose, broken──┤
 *      └───────lose─────────┴───────lose───────┴──▶ lost
 *
 * Every attempt at a frame is a deal with a number of its own, greater than all before it, so that what
 * belongs to an earlier attempt is told apart and dropped. An edge that is lost takes its deals with
 * it: they are cancelled and their frames dealt anew, before all that wait, over the edges that are left.
 */
import type { DealtPlan } from '../partition/stages.ts';
import type { FrameId } from './collector.ts';

export interface Deal extends FrameId {
  readonly id: number;
  /** Who takes part; the plan's holders are positions in here, and position 0 is the frame's source. */
  readonly edges: readonly string[];
  readonly plan: DealtPlan;
}

type FrameState =
  | { readonly kind: 'expected' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'dealt'; readonly deal: Deal; readonly arrived: Set<number> }
  | { readonly kind: 'merged' }
  | { readonly kind: 'finished' }
  | { readonly kind: 'lost' };

/** A frame to be dealt anew; through the gateway where its edges could not reach each other. */
interface Again extends FrameId {
  readonly directFailed: boolean;
}

/** What became of a part's output. */
export type PartArrival = 'new' | 'last' | 'duplicate' | 'stale' | 'unknown';

export interface Losses {
  /** Deals that are void now. */
  readonly cancelled: readonly Deal[];
  /** Frames that will never complete. */
  readonly lost: readonly FrameId[];
}

/** Frames that are waiting or dealt, the one that is dealt now among them, and whose they are. */
export interface Queue {
  readonly frames: number;
  readonly sources: readonly string[];
}

export interface DealerOptions {
  /** How many frames each source will give. */
  readonly frames: ReadonlyMap<string, number>;
  /** Frames dealt and not yet merged, of all sources together. */
  readonly limit: number;
  /** Plans a frame over these edges, the frame's source first. */
  readonly plan: (edges: readonly string[], queue: Queue) => DealtPlan;
}

/** After so many deals that failed between two edges, they are kept apart for good. */
const PATIENCE = 3;

export class Dealer {
  readonly #options: DealerOptions;
  readonly #frames = new Map<string, FrameState[]>();
  /** Each source's announced frames, oldest first; sources in the order of their turns. */
  readonly #waiting = new Map<string, number[]>();
  /** Frames whose deal was cancelled: they come before all others. */
  #again: Again[] = [];
  /** Living edges, in the order in which they joined. */
  readonly #edges = new Set<string>();
  readonly #live = new Map<number, Deal>();
  /** Failures of connections, by pair of edges. */
  readonly #failures = new Map<string, number>();
  /** By source: announced, and neither finished nor lost. */
  readonly #inFlight = new Map<string, number>();
  #lastId = 0;
  #open = 0;

  constructor(options: DealerOptions) {
    this.#options = options;
    for (const [source, count] of options.frames) {
      const states = Array.from({ length: count }, (): FrameState => ({ kind: 'expected' }));
      this.#frames.set(source, states);
      this.#open += count;
      this.#waiting.set(source, []);
    }
  }

  /** The next frame that is dealt may go over this edge. */
  join(edge: string): void {
    this.#edges.add(edge);
  }

  /** A source has taken a frame. True when it was expected and now waits for its turn. */
  announce({ source, frame }: FrameId): boolean {
    const states = this.#frames.get(source);
    if (states?.[frame]?.kind !== 'expected') return false;
    states[frame] = { kind: 'waiting' };
    this.#waiting.get(source)!.push(frame);
    this.#inFlight.set(source, this.inFlight(source) + 1);
    return true;
  }

  /** Deals a frame, where one waits and the limit allows it: to be called until it has none. */
  next(): Deal | undefined {
    if (this.#live.size >= this.#options.limit) return undefined;
    const chosen = this.#choose();
    if (chosen === undefined) return undefined;
    const { source, frame, directFailed } = chosen;
    const edges = this.edgesFor(source);
    const plan = this.#options.plan(edges, this.#queue(source));
    const apart = directFailed || this.#anyApart(edges);
    const deal: Deal = {
      id: ++this.#lastId,
      source,
      frame,
      edges,
      plan: apart ? { ...plan, route: 'gateway' } : plan,
    };
    this.#live.set(deal.id, deal);
    this.#frames.get(source)![frame] = { kind: 'dealt', deal, arrived: new Set() };
    return deal;
  }

  /** Over whom a frame of this source is dealt, the source first. */
  edgesFor(source: string): readonly string[] {
    return [source, ...[...this.#edges].filter((edge) => edge !== source)];
  }

  /** The deal with this number, unless it is over. */
  live(id: number): Deal | undefined {
    return this.#live.get(id);
  }

  /** A part's output has come from an edge; `last` says that the frame's map is complete. */
  arrive(edge: string, id: number, part: number): PartArrival {
    if (!Number.isInteger(id) || id < 1 || id > this.#lastId) return 'unknown';
    const deal = this.#live.get(id);
    if (deal === undefined) return 'stale';
    const { source, frame, edges, plan } = deal;
    const holder = plan.holders.at(-1)![part];
    if (holder === undefined || edges[holder] !== edge) return 'unknown';
    const states = this.#frames.get(source)!;
    const state = states[frame]!;
    if (state.kind !== 'dealt') throw new Error(`a live deal of a frame that is ${state.kind}`);
    if (state.arrived.has(part)) return 'duplicate';
    state.arrived.add(part);
    if (state.arrived.size < plan.stages.at(-1)!.parts.length) return 'new';
    this.#live.delete(id);
    states[frame] = { kind: 'merged' };
    return 'last';
  }

  /** The frame's detections exist. */
  finish({ source, frame }: FrameId): void {
    const states = this.#frames.get(source);
    if (states?.[frame]?.kind !== 'merged')
      throw new Error(`frame ${frame} of ${source} was not merged`);
    states[frame] = { kind: 'finished' };
    this.#inFlight.set(source, this.inFlight(source) - 1);
    this.#open--;
  }

  /** The source's frames that were announced and have no end yet. */
  inFlight(source: string): number {
    return this.#inFlight.get(source) ?? 0;
  }

  /** An edge is gone, with its part of every deal and with its own frames. */
  lose(edge: string): Losses {
    this.#edges.delete(edge);
    for (const pair of this.#failures.keys()) {
      if (pair.split(' ').includes(edge)) this.#failures.delete(pair);
    }
    const cancelled = this.#cancel((deal) => deal.edges.includes(edge), false);
    const lost: FrameId[] = [];
    const states = this.#frames.get(edge) ?? [];
    for (const [frame, state] of states.entries()) {
      if (state.kind !== 'expected' && state.kind !== 'waiting') continue;
      if (state.kind === 'waiting') this.#inFlight.set(edge, this.inFlight(edge) - 1);
      states[frame] = { kind: 'lost' };
      lost.push({ source: edge, frame });
    }
    this.#open -= lost.length;
    this.#waiting.get(edge)?.splice(0);
    this.#again = this.#again.filter(({ source }) => source !== edge);
    return { cancelled, lost };
  }

  /**
   * The connection between two edges broke, or there never was one; what they sent each other for deals
   * up to number `newest` may not have arrived. Their frames go through the gateway now.
   */
  broken(edge: string, peer: string, newest: number): readonly Deal[] {
    const cancelled = this.#cancel(
      ({ id, plan, edges }) =>
        id <= newest && plan.route === 'direct' && edges.includes(edge) && edges.includes(peer),
      true,
    );
    if (cancelled.length > 0) {
      const pair = pairKey(edge, peer);
      this.#failures.set(pair, (this.#failures.get(pair) ?? 0) + 1);
    }
    return cancelled;
  }

  /** Every expected frame is finished or lost. */
  get done(): boolean {
    return this.#open === 0;
  }

  #cancel(isVoid: (deal: Deal) => boolean, directFailed: boolean): Deal[] {
    const cancelled = [...this.#live.values()].filter(isVoid);
    for (const { id, source, frame } of cancelled) {
      this.#live.delete(id);
      this.#frames.get(source)![frame] = { kind: 'waiting' };
      this.#again.push({ source, frame, directFailed });
    }
    return cancelled;
  }

  /** Frames to be dealt anew first; then sources take turns, each with its oldest frame. */
  #choose(): Again | undefined {
    const again = this.#again.shift();
    if (again !== undefined) return again;
    for (const [source, frames] of this.#waiting) {
      const frame = frames.shift();
      if (frame === undefined) continue;
      this.#waiting.delete(source);
      this.#waiting.set(source, frames);
      return { source, frame, directFailed: false };
    }
    return undefined;
  }

  #queue(source: string): Queue {
    const sources = [source, ...[...this.#live.values(), ...this.#again].map((one) => one.source)];
    for (const [other, frames] of this.#waiting) sources.push(...frames.map(() => other));
    return { frames: sources.length, sources: [...new Set(sources)] };
  }

  #anyApart(edges: readonly string[]): boolean {
    for (const [pair, failures] of this.#failures) {
      const [one, other] = pair.split(' ') as [string, string];
      if (failures >= PATIENCE && edges.includes(one) && edges.includes(other)) return true;
    }
    return false;
  }
}

/** Names of nodes hold no spaces. */
function pairKey(edge: string, peer: string): string {
  return edge < peer ? `${edge} ${peer}` : `${peer} ${edge}`;
}
