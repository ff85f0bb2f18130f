/**
 * An edge's side of dealing: which of its parts can be computed, with what, and who needs the outcome.
 *
 * A part is ready when all pieces of its input are there: sent by others, or left by this edge's own
 * parts of the stage before. Pieces may come in any order, and before the deal itself, which goes
 * another way; then they are `early`, and the caller brings them again after `begin`. Deals have rising
 * numbers and begin in that order, so a piece of an older deal that is not known here is `stale`.
 */
import { type Piece, type SortedStage, sortedStage } from '../partition/pieces.ts';
import { intersection, type Region } from '../partition/region.ts';
import type { DealtPlan, Part } from '../partition/stages.ts';

export interface PartId {
  readonly deal: number;
  readonly stage: number;
  readonly part: number;
}

export interface Ingredient<Data> {
  /** Of the map before the stage. */
  readonly region: Region;
  readonly data: Data;
  /** No other part of this edge reads it. */
  readonly exclusive: boolean;
}

export interface ReadyPart<Data> {
  readonly id: PartId;
  readonly plan: Part;
  /** They cover the part's input; none at the first stage on a source that has the frame itself. */
  readonly ingredients: readonly Ingredient<Data>[];
}

/** What is to be done with a part's output. */
export interface Outcome {
  /** To be cut from the output and sent to the edges that lack them. */
  readonly pieces: readonly Piece[];
  /** The output belongs to the last fused map: the gateway wants it. */
  readonly isResult: boolean;
}

export type PieceArrival = 'new' | 'duplicate' | 'early' | 'stale' | 'foreign';

interface Held<Data> extends Pick<Piece, 'region' | 'reader'> {
  readonly data: Data;
}

/** The stage of a deal that this edge has still something to compute in. */
interface StageState<Data> {
  /** This edge's parts that were not begun yet. */
  readonly waiting: Set<number>;
  readonly sorted: SortedStage;
  /** Pieces that are still to come, by index. */
  readonly missing: Set<number>;
  /** Own parts of the stage before that are still to be computed. */
  readonly ownMissing: Set<number>;
  held: Held<Data>[];
}

interface LiveDeal<Data> {
  readonly plan: DealtPlan;
  readonly me: number;
  readonly stages: StageState<Data>[];
  computing: number;
}

export class PartStore<Data> {
  readonly #deals = new Map<number, LiveDeal<Data>>();
  #newest = 0;

  /**
   * A deal that this edge takes part in, at this position among its edges.
   */
  begin(id: number, plan: DealtPlan, me: number): void {
    if (id <= this.#newest) throw new Error(`deal ${id} begins after deal ${this.#newest}`);
    this.#newest = id;
    // Of many edges most may be left out of a frame: whoever holds nothing is sent nothing.
    if (!plan.stages.some((_, stage) => sortedStage(plan, stage).held.has(me))) return;
    const stages = plan.stages.map((_, stage) => openStage<Data>(plan, stage, me));
    const deal = { plan, me, stages, computing: 0 };
    this.#deals.set(id, deal);
    this.#dropIfOver(id, deal);
  }

  /** The number of the newest deal that has begun. */
  get newest(): number {
    return this.#newest;
  }

  /** The piece that a sender names, where it is one of a deal under way here and was not yet received. */
  expected(id: number, stage: number, piece: number): Piece | Exclude<PieceArrival, 'new'> {
    if (id > this.#newest) return 'early';
    const deal = this.#deals.get(id);
    if (deal === undefined) return 'stale';
    const state = deal.stages[stage];
    const found = state?.sorted.pieces[piece];
    if (state === undefined || !found?.receivers.includes(deal.me)) return 'foreign';
    return state.missing.has(piece) ? found : 'duplicate';
  }

  /** Takes a piece that `expected` has found to be one. */
  arrive(id: number, stage: number, piece: number, data: Data): PieceArrival {
    const found = this.expected(id, stage, piece);
    if (typeof found === 'string') return found;
    const state = this.#deals.get(id)!.stages[stage]!;
    state.missing.delete(piece);
    state.held.push({ region: found.region, reader: found.reader, data });
    return 'new';
  }

  /** Takes the next part that can be computed: of the oldest deal, of its earliest stage. */
  next(): ReadyPart<Data> | undefined {
    for (const [deal, { plan, stages }] of this.#deals) {
      for (const [stage, state] of stages.entries()) {
        for (const part of state.waiting) {
          if (!isReady(plan, stage, state, part)) continue;
          return this.#take({ deal, stage, part });
        }
      }
    }
    return undefined;
  }

  /** A part has been computed; undefined where its deal was cancelled meanwhile. */
  computed({ deal: id, stage, part }: PartId, data: Data): Outcome | undefined {
    const deal = this.#deals.get(id);
    if (deal === undefined) return undefined;
    deal.computing--;
    const { output } = deal.plan.stages[stage]!.parts[part]!;
    const next = deal.stages[stage + 1];
    let pieces: readonly Piece[] = [];
    if (next !== undefined) {
      if (next.ownMissing.delete(part)) {
        next.held.push({ region: output, reader: undefined, data });
      }
      pieces = next.sorted.of.get(part) ?? [];
    }
    this.#dropIfOver(id, deal);
    return { pieces, isResult: next === undefined };
  }

  /** False when the deal was cancelled, or this edge has computed all its parts of it. */
  isLive(id: number): boolean {
    return this.#deals.has(id);
  }

  cancel(id: number): void {
    this.#deals.delete(id);
  }

  /** The gateway has given this edge up: nothing that began before counts any more. */
  reset(): void {
    this.#deals.clear();
  }

  #take(id: PartId): ReadyPart<Data> {
    const deal = this.#deals.get(id.deal)!;
    const state = deal.stages[id.stage]!;
    const plan = deal.plan.stages[id.stage]!.parts[id.part]!;
    state.waiting.delete(id.part);
    deal.computing++;
    const last = state.waiting.size === 0;
    const read = state.held.filter((held) => isReadBy(held, id.part, plan.input));
    const ingredients = read.map(({ region, reader, data }) => ({
      region,
      data,
      exclusive: last || reader !== undefined,
    }));
    // What nobody reads any more is memory.
    state.held = last ? [] : state.held.filter(({ reader }) => reader !== id.part);
    return { id, plan, ingredients };
  }

  #dropIfOver(id: number, { stages, computing }: LiveDeal<Data>): void {
    if (computing === 0 && stages.every(({ waiting }) => waiting.size === 0)) {
      this.#deals.delete(id);
    }
  }
}

function openStage<Data>(plan: DealtPlan, stage: number, me: number): StageState<Data> {
  const own = (at: number) => sortedStage(plan, at).held.get(me) ?? [];
  const waiting = own(stage);
  const inputs = waiting.map((part) => plan.stages[stage]!.parts[part]!.input);
  const before = stage === 0 ? [] : own(stage - 1);
  const ownMissing = before.filter((part) => {
    const { output } = plan.stages[stage - 1]!.parts[part]!;
    return inputs.some((input) => intersection(input, output) !== undefined);
  });
  const sorted = sortedStage(plan, stage);
  const missing = sorted.to.get(me) ?? [];
  return {
    waiting: new Set(waiting),
    sorted,
    missing: new Set(missing.map(({ index }) => index)),
    ownMissing: new Set(ownMissing),
    held: [],
  };
}

/** Nothing is missing that the part reads. */
function isReady<Data>(
  plan: DealtPlan,
  stage: number,
  { sorted: { pieces }, missing, ownMissing }: StageState<Data>,
  part: number,
): boolean {
  const { input } = plan.stages[stage]!.parts[part]!;
  for (const index of missing) {
    if (isReadBy(pieces[index]!, part, input)) return false;
  }
  for (const own of ownMissing) {
    const { output } = plan.stages[stage - 1]!.parts[own]!;
    if (intersection(output, input) !== undefined) return false;
  }
  return true;
}

function isReadBy(
  { region, reader }: Pick<Piece, 'region' | 'reader'>,
  part: number,
  input: Region,
): boolean {
  return reader === undefined ? intersection(region, input) !== undefined : reader === part;
}
