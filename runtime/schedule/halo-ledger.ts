/**
 * A source's book of halos: which edge holds what of the tiles of its frames, so that a tile is planned
 * with all that its neighbours have left, and with nothing that is not there.
 *
 * A tile's halos count as soon as it is finished; for tiles that the same edge computes afterwards they
 * count at once, since an edge computes in the order in which tiles are planned for it.
 */
import type { WindowLayer } from '../partition/ftp.ts';
import { type LeavingRule, leaveStrips } from '../partition/leaving.ts';
import { neighboursOf, type Sides, sidesTowards } from '../partition/neighbours.ts';
import type { FusedPlan } from '../partition/plan.ts';
import { type Halo, planReuse, type ReusePlan } from '../partition/reuse.ts';
import type { TileId } from './source-queue.ts';

/** A tile as it is to be computed. */
export interface PlannedTile {
  readonly plan: ReusePlan;
  /** Sides along which the tile leaves halos: neighbours there are still to come. */
  readonly sides: Sides;
  /** Who holds the halos of the tiles that `plan` names. */
  readonly holders: ReadonlyMap<number, string>;
}

interface Entry {
  readonly holder: string;
  readonly halos: readonly Halo[];
}

interface FrameBook {
  /** Tiles whose results exist, whether their halos do or not. */
  readonly finished: Set<number>;
  /** By tile, what its last planning leaves where. */
  readonly entries: Map<number, Entry>;
  /** Every edge that a tile was planned for: it may hold halos that are not counted on any more. */
  readonly edges: Set<string>;
}

export interface LedgerOptions {
  /** False: every tile computes all that it needs. */
  readonly reuse: boolean;
  /** A plan with more halos than this does without them. */
  readonly mostHalos: number;
  /** What a tile leaves: the same for whoever computes it. */
  readonly leaves: LeavingRule;
}

const NO_SIDES: Sides = { left: false, right: false, top: false, bottom: false };
const NO_HOLDERS: ReadonlyMap<number, string> = new Map();

export class HaloLedger {
  readonly #layers: readonly WindowLayer[];
  readonly #plan: FusedPlan;
  readonly #options: LedgerOptions;
  readonly #frames = new Map<number, FrameBook>();
  /** By tile, what it is without its neighbours: the same in every frame. */
  readonly #alone: PlannedTile[] = [];

  /** @param layers the fused ones, from the network's first */
  constructor(
    layers: readonly WindowLayer[],
    plan: FusedPlan,
    options: Partial<LedgerOptions> = {},
  ) {
    this.#layers = layers;
    this.#plan = plan;
    this.#options = {
      reuse: true,
      mostHalos: Number.POSITIVE_INFINITY,
      leaves: leaveStrips(layers),
      ...options,
    };
  }

  /** Plans a tile for an edge, with the halos that there are now. */
  plan(id: TileId, edge: string): PlannedTile {
    const { reuse, mostHalos } = this.#options;
    if (!reuse) return this.#planAlone(id.tile);
    const planned = this.#planWithHalos(id, edge);
    return planned.plan.halos.length <= mostHalos ? planned : this.#planAlone(id.tile);
  }

  #planAlone(tile: number): PlannedTile {
    this.#alone[tile] ??= {
      plan: planReuse(this.#layers, this.#plan.tiles[tile]!.output, []),
      sides: NO_SIDES,
      holders: NO_HOLDERS,
    };
    return this.#alone[tile];
  }

  #planWithHalos({ frame, tile }: TileId, edge: string): PlannedTile {
    const book = this.#book(frame);
    const { grid, tiles } = this.#plan;
    const given = this.#givers(book, tile, edge);
    const available = given.flatMap(([, { halos }]) => halos);
    const plan = planReuse(this.#layers, tiles[tile]!.output, available);
    const isToCome = (other: number) =>
      !book.finished.has(other) && book.entries.get(other)?.holder !== edge;
    const sides = sidesTowards(grid, tile, isToCome);
    const halos = this.#options.leaves(tile, plan, sides);
    book.entries.set(tile, { holder: edge, halos });
    book.edges.add(edge);
    const used = new Set(plan.halos.map((halo) => halo.tile));
    const holders = new Map(
      given.filter(([giver]) => used.has(giver)).map(([giver, { holder }]) => [giver, holder]),
    );
    return { plan, sides, holders };
  }

  /** A tile's result exists. Returns the tiles whose halos no neighbour will ask for any more. */
  finish({ frame, tile }: TileId): readonly number[] {
    const book = this.#book(frame);
    const { grid } = this.#plan;
    book.finished.add(tile);
    const around = neighboursOf(grid, tile);
    return [tile, ...around].filter((spent) =>
      [spent, ...neighboursOf(grid, spent)].every((one) => book.finished.has(one)),
    );
  }

  /** A tile's halos are not where they should be, or its computation was given up. */
  forget({ frame, tile }: TileId): void {
    this.#frames.get(frame)?.entries.delete(tile);
  }

  /** All that an edge held is gone. */
  loseEdge(edge: string): void {
    for (const { entries } of this.#frames.values()) {
      for (const [tile, { holder }] of entries) {
        if (holder === edge) entries.delete(tile);
      }
    }
  }

  /** The frame is over. Returns the edges that may hold halos of it. */
  endFrame(frame: number): readonly string[] {
    const edges = this.#frames.get(frame)?.edges ?? [];
    this.#frames.delete(frame);
    return [...edges];
  }

  /** Neighbours with halos for a tile that the edge computes; those that the edge holds itself come first. */
  #givers({ finished, entries }: FrameBook, tile: number, edge: string): [number, Entry][] {
    const givers: [number, Entry][] = [];
    for (const other of neighboursOf(this.#plan.grid, tile)) {
      const entry = entries.get(other);
      if (entry === undefined) continue;
      if (finished.has(other) || entry.holder === edge) givers.push([other, entry]);
    }
    const isOwn = ([, { holder }]: [number, Entry]) => Number(holder === edge);
    return givers.sort((a, b) => isOwn(b) - isOwn(a));
  }

  #book(frame: number): FrameBook {
    let book = this.#frames.get(frame);
    if (book === undefined) {
      book = { finished: new Set(), entries: new Map(), edges: new Set() };
      this.#frames.set(frame, book);
    }
    return book;
  }
}
