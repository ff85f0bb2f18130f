/** An edge's halos (roles/stealing/halo-exchange.ts), on simulated time: kept, given, fetched; nobody computes them. */
import type { LeavingRule } from '../partition/leaving.ts';
import { type Gathered, HaloFetches, haloNeeds } from '../schedule/halo-fetches.ts';
import { HaloStore } from '../schedule/halo-store.ts';
import type { TileTask } from '../schedule/own-tiles.ts';
import type { HaloTransfer } from '../schedule/transfer.ts';
import type { End } from './connection.ts';
import type { SimulatedPeers } from './peers.ts';
import { standIns } from './stand-ins.ts';
import type { StealingSignal } from './stealing-gateway.ts';

/** Tiles whose halos have come from other edges. */
export type Fetched = ReadonlyMap<number, true>;

export interface HaloOptions {
  readonly name: string;
  readonly tiles: { readonly leaves: LeavingRule; readonly haloTransfer: HaloTransfer };
  readonly storeBytes: number;
  readonly peers: SimulatedPeers<StealingSignal>;
  readonly tellGateway: (signal: StealingSignal) => void;
  /** Later, unless the edge is gone by then: nobody waits any longer for what it has asked for. */
  readonly patience: (giveUp: () => void) => void;
}

export class StealingHalos {
  readonly #options: HaloOptions;
  readonly #store: HaloStore;
  readonly #fetches = new HaloFetches<true>();

  constructor(options: HaloOptions) {
    this.#options = options;
    this.#store = new HaloStore(options.storeBytes);
  }

  get storedBytes(): number {
    return this.#store.bytes;
  }

  /** Fetches what a tile in hand needs of other edges; `settle` is called once, perhaps at once. */
  fetch({ source, id, planned }: TileTask, settle: (gathered: Gathered<true>) => void): void {
    const { name, tiles, peers, tellGateway, patience } = this.#options;
    const requests = this.#fetches.gather(haloNeeds(planned, name), settle);
    for (const { request, holder, tile } of requests) {
      const key = { source, frame: id.frame, tile };
      const parts = planned.plan.halos.filter((halo) => halo.tile === tile);
      patience(() => this.#fetches.failed(request));
      const wish = { kind: 'fetchHalos', request, key, parts } as const;
      if (tiles.haloTransfer === 'gateway') tellGateway(wish);
      else peers.send(holder, wish);
    }
  }

  /** What a tile that begins now has fetched; or whose halos should lie here, and do not. */
  gather({ source, id, planned }: TileTask, fetched: Fetched): Fetched | number {
    const { frame } = id;
    const gone = planned.plan.halos.find(
      (halo) =>
        !fetched.has(halo.tile) &&
        this.#store.find({ source, frame, tile: halo.tile }, [halo]) === undefined,
    );
    return gone?.tile ?? fetched;
  }

  /** Keeps what a tile has left for its neighbours. */
  keep({ source, id, planned }: TileTask): void {
    const { tiles, tellGateway } = this.#options;
    const { plan, sides } = planned;
    const key = { source, ...id };
    const left = tiles.leaves(id.tile, plan, sides);
    if (left.length === 0) return;
    if (tiles.haloTransfer === 'gateway') tellGateway({ kind: 'leaveHalos', key, parts: left });
    this.#store.put(key, left, standIns(left));
  }

  /** Another edge asks. */
  serve(end: End<StealingSignal>, signal: StealingSignal & { kind: 'fetchHalos' }): void {
    const { request, key, parts } = signal;
    const found = this.#store.find(key, parts) !== undefined;
    end.send(found ? { kind: 'halos', request, parts } : { kind: 'halosGone', request });
  }

  arrived(request: number): void {
    this.#fetches.arrived(request, true);
  }

  failed(request: number): void {
    this.#fetches.failed(request);
  }

  loseHolder(edge: string): void {
    this.#fetches.loseHolder(edge);
  }

  drop(source: string, frame: number, tiles: readonly number[]): void {
    for (const tile of tiles) this.#store.drop({ source, frame, tile });
  }

  /** Of all frames where none is named. */
  dropFrames(source: string, frame?: number): void {
    this.#store.dropFrames(source, frame);
  }

  reset(): void {
    this.#fetches.clear();
    this.#store.clear();
  }
}
