/**
 * Halos that an edge has asked other edges for. All that one tile needs belongs together: it is complete
 * when the last has come, and has failed when the first cannot be had, be it that its holder says so, is
 * lost, or stays silent for too long by the clock of whoever asked.
 */
import type { PlannedTile } from './halo-ledger.ts';

/** Whom to ask for the halos of which tile. */
export interface HaloNeed {
  readonly holder: string;
  readonly tile: number;
}

export interface HaloRequest extends HaloNeed {
  readonly request: number;
}

/** What a tile needs of other edges, by tile. */
export function haloNeeds({ plan, holders }: PlannedTile, self: string): readonly HaloNeed[] {
  const tiles = new Set(plan.halos.map(({ tile }) => tile));
  return [...tiles].flatMap((tile) => {
    const holder = holders.get(tile)!;
    return holder === self ? [] : [{ holder, tile }];
  });
}

export type Gathered<Data> =
  /** What came, by tile. */
  | { readonly kind: 'complete'; readonly data: ReadonlyMap<number, Data> }
  /** The tile whose halos cannot be had. */
  | { readonly kind: 'gone'; readonly tile: number };

interface Gathering<Data> {
  readonly data: Map<number, Data>;
  readonly open: Set<number>;
  readonly done: (outcome: Gathered<Data>) => void;
}

export class HaloFetches<Data> {
  readonly #open = new Map<number, HaloNeed & { readonly gathering: Gathering<Data> }>();
  #next = 0;

  /** Returns the requests to send; `done` is called once, at once where nothing is needed. */
  gather(
    needs: readonly HaloNeed[],
    done: (outcome: Gathered<Data>) => void,
  ): readonly HaloRequest[] {
    const gathering: Gathering<Data> = { data: new Map(), open: new Set(), done };
    const requests = needs.map((need) => ({ ...need, request: this.#next++ }));
    for (const { request, holder, tile } of requests) {
      gathering.open.add(request);
      this.#open.set(request, { holder, tile, gathering });
    }
    if (requests.length === 0) done({ kind: 'complete', data: gathering.data });
    return requests;
  }

  /** What a holder was asked for; undefined where nobody waits for it any more. */
  needOf(request: number): HaloNeed | undefined {
    return this.#open.get(request);
  }

  arrived(request: number, data: Data): void {
    const open = this.#open.get(request);
    if (open === undefined) return;
    const { tile, gathering } = open;
    this.#open.delete(request);
    gathering.open.delete(request);
    gathering.data.set(tile, data);
    if (gathering.open.size === 0) gathering.done({ kind: 'complete', data: gathering.data });
  }

  /** The halos are not there, or the answer has not come in time. */
  failed(request: number): void {
    const open = this.#open.get(request);
    if (open === undefined) return;
    const { tile, gathering } = open;
    for (const other of gathering.open) this.#open.delete(other);
    gathering.done({ kind: 'gone', tile });
  }

  loseHolder(edge: string): void {
    for (const [request, { holder }] of this.#open) if (holder === edge) this.failed(request);
  }

  /** Nobody waits for anything any more, and nobody is told. */
  clear(): void {
    this.#open.clear();
  }
}
