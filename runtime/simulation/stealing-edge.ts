/** An edge's glue around the scheduler (roles/stealing/edge.ts, roles/stealing/halo-exchange.ts), on simulated time. */
import type { WindowLayer } from '../partition/ftp.ts';
import { publishedHalos } from '../partition/reuse.ts';
import { FrameIntake, type IntakeOptions } from '../roles/frame-intake.ts';
import { HaloFetches } from '../schedule/halo-fetches.ts';
import type { HaloLedger, PlannedTile } from '../schedule/halo-ledger.ts';
import { HaloStore } from '../schedule/halo-store.ts';
import type { SourceQueue, TileId } from '../schedule/source-queue.ts';
import { Worker } from '../schedule/worker.ts';
import type { End } from './connection.ts';
import { SimulatedPeers } from './peers.ts';
import type { StealingSignal } from './stealing-gateway.ts';
import type { Device, EdgeWorld } from './world.ts';

/** As in roles/stealing/edge.ts. */
const RESERVE = 1;
const UNSENT_RESULTS = 2;

interface Hand {
  readonly source: string;
  readonly id: TileId;
  planned: PlannedTile;
  /** Tiles whose halos have come; undefined while some are on their way. */
  fetched: ReadonlySet<number> | undefined;
}

/** A tile of some source's frame, as a device has to compute it. */
export interface TileTask {
  readonly source: string;
  readonly id: TileId;
  readonly planned: PlannedTile;
}

export interface StealingTraits extends IntakeOptions {
  readonly name: string;
  /** How much it keeps of its tiles' halos. */
  readonly storeBytes: number;
  /** It never answers who asks for halos. */
  readonly mute: boolean;
  /** False where nobody may steal from it: without distribution. */
  readonly offers: boolean;
  readonly device: Device<TileTask>;
}

/** What all edges know of the tiles. */
export interface StealingTiles {
  readonly layers: readonly WindowLayer[];
  emptyQueue(): SourceQueue;
  emptyLedger(): HaloLedger;
}

export class StealingEdge {
  readonly traits: StealingTraits;
  readonly #world: EdgeWorld<StealingSignal>;
  readonly #tiles: StealingTiles;
  #queue: SourceQueue;
  #ledger: HaloLedger;
  readonly #store: HaloStore;
  readonly #fetches = new HaloFetches<true>();
  readonly #worker = new Worker<Hand>(RESERVE);
  readonly #peers: SimulatedPeers<StealingSignal>;
  readonly #thieves = new Map<string, End<StealingSignal>>();
  readonly #frames: FrameIntake;
  #gateway: End<StealingSignal> | undefined;
  #own: Hand | undefined;
  #started = false;
  #computing = false;
  #unsent = 0;
  #offerSequence = 0;
  #offering = false;
  alive = true;
  computed = 0;
  stolen = 0;
  reissued = 0;
  halosUsed = 0;
  halosFetched = 0;
  replanned = 0;

  constructor(traits: StealingTraits, tiles: StealingTiles, world: EdgeWorld<StealingSignal>) {
    this.traits = traits;
    this.#world = world;
    this.#tiles = tiles;
    const onArrival = () => {
      if (this.alive) this.#advance();
    };
    this.#frames = new FrameIntake(traits, onArrival, world.events);
    this.#peers = new SimulatedPeers(traits.name, world, {
      isAlive: () => this.alive,
      onAnswer: (peer, signal) => this.#onAnswer(peer, signal),
      onGone: (peer) => this.#losePeer(peer),
    });
    this.#queue = tiles.emptyQueue();
    this.#ledger = tiles.emptyLedger();
    this.#store = new HaloStore(traits.storeBytes);
  }

  get storedBytes(): number {
    return this.#store.bytes;
  }

  join(): void {
    const session = this.#world.joinGateway(this.traits.name);
    this.#gateway = session;
    session.handle({
      onMessage: (signal) => this.#onGateway(signal),
      onClose: () => this.#rejoin(),
    });
  }

  /** The process is gone; the system closes its connections. */
  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#gateway?.destroy();
    this.#peers.die();
    for (const end of this.#thieves.values()) end.destroy();
  }

  /** One of the connections between edges breaks, seen from here as thief. */
  breakPeer(pick: (count: number) => number): void {
    this.#peers.breakOne(pick);
  }

  /** Unless the process is gone by then. */
  #whenAlive(happen: () => void): () => void {
    return () => {
      if (this.alive) happen();
    };
  }

  /** Comes back with empty hands; the gateway has counted its frames as lost. */
  #rejoin(): void {
    if (!this.alive) return;
    this.#own = undefined;
    this.#worker.reset();
    this.#peers.hangUp();
    this.#fetches.clear();
    this.#store.clear();
    this.#queue = this.#tiles.emptyQueue();
    this.#ledger = this.#tiles.emptyLedger();
    this.#frames.abandon();
    this.#started = false;
    this.#offering = false;
    this.#world.events.after(
      this.#world.rejoinMs(),
      this.#whenAlive(() => this.join()),
    );
  }

  #onGateway(signal: StealingSignal): void {
    if (!this.alive) return;
    switch (signal.kind) {
      case 'start':
        this.#started = true;
        this.#frames.start();
        this.#advance();
        break;
      case 'victim':
        if (this.#worker.referred(signal.offer))
          this.#peers.send(signal.offer.victim, { kind: 'steal' });
        break;
      case 'tileDone':
        this.#complete(signal);
        this.#advance();
        break;
      case 'detections':
        this.#frames.answered(signal.frame);
        this.#advance();
        break;
      case 'edgeLost':
        this.#peers.drop(signal.name);
        this.#worker.drop(({ source }) => source === signal.name);
        this.#store.dropFrames(signal.name);
        this.#thieves.get(signal.name)?.destroy();
        this.#reissue(signal.name);
        this.#losePeer(signal.name);
        break;
      default:
        throw new Error(`the gateway sent ${signal.kind} to ${this.traits.name}`);
    }
  }

  #advance(): void {
    if (!this.#started) return;
    this.#takeFrame();
    this.#prepareOwn();
    this.#updateOffer();
    this.#computeNext();
    const own = this.#queue.waiting + this.#frames.toCome + (this.#own === undefined ? 0 : 1);
    if (this.#worker.shouldAsk(own)) this.#gateway!.send({ kind: 'ask', empty: undefined });
  }

  #takeFrame(): void {
    if (this.#queue.waiting > 0) return;
    const arrived = this.#frames.begin();
    if (arrived === undefined) return;
    const { frame } = arrived;
    const taken = this.#whenAlive(() => {
      if (!this.#frames.taken(frame)) return;
      this.#queue.takeFrame(frame);
      this.#gateway!.send({ kind: 'frameTaken', ...arrived });
      this.#advance();
    });
    this.traits.device.read(taken);
  }

  #updateOffer(): void {
    if (!this.traits.offers) return;
    const offering = this.#queue.waiting > 0;
    if (offering === this.#offering) return;
    this.#offering = offering;
    if (offering) this.#offerSequence++;
    this.#gateway!.send({ kind: offering ? 'offer' : 'withdraw', sequence: this.#offerSequence });
  }

  #prepareOwn(): void {
    if (this.#own !== undefined) return;
    const id = this.#queue.nextLocal();
    if (id === undefined) return;
    const planned = this.#ledger.plan(id, this.traits.name);
    this.#own = { source: this.traits.name, id, planned, fetched: undefined };
    this.traits.device.cut(this.#own);
    this.#fetch(this.#own);
  }

  #fetch(hand: Hand): void {
    const { plan, holders } = hand.planned;
    const tiles = [...new Set(plan.halos.map(({ tile }) => tile))];
    const needs = tiles
      .map((tile) => ({ tile, holder: holders.get(tile)! }))
      .filter(({ holder }) => holder !== this.traits.name);
    const requests = this.#fetches.gather(needs, (gathered) => {
      if (hand !== this.#own && this.#worker.find((one) => one === hand) === undefined) return;
      if (gathered.kind === 'complete') hand.fetched = new Set(gathered.data.keys());
      else this.#planAgain(hand, gathered.tile);
      this.#advance();
    });
    for (const { request, holder, tile } of requests) {
      const key = { source: hand.source, frame: hand.id.frame, tile };
      const parts = plan.halos.filter((halo) => halo.tile === tile);
      const { events, patienceMs } = this.#world;
      events.after(
        patienceMs(),
        this.#whenAlive(() => this.#fetches.failed(request)),
      );
      this.#peers.send(holder, { kind: 'fetchHalos', request, key, parts });
    }
  }

  #planAgain(hand: Hand, gone: number): void {
    const { source, id } = hand;
    hand.fetched = undefined;
    this.replanned++;
    if (hand !== this.#own) {
      this.#peers.send(source, { kind: 'replan', id, gone });
      return;
    }
    this.#ledger.forget({ frame: id.frame, tile: gone });
    if (!this.#queue.isUnderWay(id.frame)) {
      this.#own = undefined;
      return;
    }
    hand.planned = this.#ledger.plan(id, this.traits.name);
    this.#fetch(hand);
  }

  #computeNext(): void {
    if (this.#computing || this.#unsent >= UNSENT_RESULTS) return;
    const own = this.#own?.fetched === undefined ? undefined : this.#own;
    const hand = own ?? this.#worker.nextStolen(({ fetched }) => fetched !== undefined);
    if (hand === undefined) return;
    const gone = this.#missing(hand);
    if (gone !== undefined) {
      if (own === undefined) this.#worker.putBack(hand);
      this.#planAgain(hand, gone);
      return;
    }
    this.#computing = true;
    if (own !== undefined) {
      this.#own = undefined;
      this.#prepareOwn();
    }
    this.#updateOffer();
    const { source, id, planned } = hand;
    this.traits.device.compute({ source, id, planned }, () => {
      if (this.alive) this.#computed(hand);
    });
  }

  /** A tile whose halos should lie here, and do not. */
  #missing({ source, id, planned, fetched }: Hand): number | undefined {
    for (const halo of planned.plan.halos) {
      if (fetched!.has(halo.tile)) continue;
      const key = { source, frame: id.frame, tile: halo.tile };
      if (this.#store.find(key, [halo]) === undefined) return halo.tile;
    }
    return undefined;
  }

  #computed({ source, id, planned, fetched }: Hand): void {
    this.#computing = false;
    const { layers } = this.#tiles;
    const published = publishedHalos(layers, id.tile, planned.plan, planned.sides);
    const values = published.map(() => new Float32Array(1));
    this.#store.put({ source, ...id }, published, values);
    this.halosUsed += planned.plan.halos.length;
    this.halosFetched += fetched!.size;
    if (source === this.traits.name) this.#complete(id);
    else this.stolen++;
    this.#unsent++;
    this.computed++;
    const leftAtMs = this.#gateway!.send({ kind: 'result', source, ...id });
    this.#advance();
    const left = this.#whenAlive(() => {
      this.#unsent--;
      this.#advance();
    });
    this.#world.events.at(leftAtMs, left);
  }

  #complete(id: TileId): void {
    if (this.#queue.complete(id) !== 'first') return;
    const source = this.traits.name;
    const { frame } = id;
    for (const tile of this.#ledger.finish(id)) this.#store.drop({ source, frame, tile });
    if (this.#queue.isUnderWay(frame)) return;
    this.#store.dropFrames(source, frame);
    for (const holder of this.#ledger.endFrame(frame)) {
      this.#thieves.get(holder)?.send({ kind: 'frameOver', frame });
    }
  }

  #reissue(edge: string): void {
    this.#ledger.loseEdge(edge);
    this.reissued += this.#queue.loseEdge(edge).length;
  }

  onThief(thief: string, end: End<StealingSignal>): void {
    const before = this.#thieves.get(thief);
    this.#thieves.set(thief, end);
    if (before !== undefined) {
      before.destroy();
      this.#reissue(thief);
    }
    end.handle({
      onMessage: (signal) => {
        if (this.alive) this.#onThief(thief, end, signal);
      },
      onClose: () => {
        if (!this.alive || this.#thieves.get(thief) !== end) return;
        this.#thieves.delete(thief);
        this.#reissue(thief);
        this.#advance();
      },
    });
  }

  #onThief(thief: string, end: End<StealingSignal>, signal: StealingSignal): void {
    if (signal.kind === 'fetchHalos') {
      if (this.traits.mute) return;
      const { request, key, parts } = signal;
      const found = this.#store.find(key, parts) !== undefined;
      end.send(found ? { kind: 'halos', request, parts } : { kind: 'halosGone', request });
    }
    if (signal.kind === 'steal') {
      const id = this.#queue.lend(thief);
      this.#updateOffer();
      if (id === undefined) end.send({ kind: 'nothing' });
      else this.#lend(end, thief, id);
    }
    if (signal.kind === 'replan') {
      const { id, gone } = signal;
      this.#ledger.forget({ frame: id.frame, tile: gone });
      if (!this.#queue.isLeasedTo(thief, id)) end.send({ kind: 'leaseOver', id });
      else this.#lend(end, thief, id);
    }
  }

  #lend(end: End<StealingSignal>, thief: string, id: TileId): void {
    const source = this.traits.name;
    const planned = this.#ledger.plan(id, thief);
    this.traits.device.cut({ source, id, planned });
    end.send({ kind: 'task', source, id, planned });
  }

  #onAnswer(peer: string, signal: StealingSignal): void {
    switch (signal.kind) {
      case 'nothing':
        this.#askAgain(peer);
        break;
      case 'task': {
        const { id, planned } = signal;
        const known = this.#worker.find((hand) => isTile(hand, peer, id));
        const hand = known ?? { source: peer, id, planned, fetched: undefined };
        if (known !== undefined) known.planned = planned;
        else if (!this.#worker.received(peer, hand)) break;
        this.#fetch(hand);
        this.#advance();
        break;
      }
      case 'leaseOver':
        this.#worker.drop((hand) => isTile(hand, peer, signal.id));
        this.#advance();
        break;
      case 'halos':
        this.#fetches.arrived(signal.request, true);
        break;
      case 'halosGone':
        this.#fetches.failed(signal.request);
        break;
      case 'frameOver':
        this.#store.dropFrames(peer, signal.frame);
        break;
      default:
        throw new Error(`${peer} answered ${signal.kind}`);
    }
  }

  #losePeer(peer: string): void {
    this.#worker.drop(({ source, fetched }) => source === peer && fetched === undefined);
    this.#fetches.loseHolder(peer);
    this.#askAgain(peer);
    this.#advance();
  }

  #askAgain(victim: string): void {
    const empty = this.#worker.foundEmpty(victim);
    if (empty !== undefined) this.#gateway!.send({ kind: 'ask', empty });
  }
}

function isTile({ source, id }: Hand, victim: string, { frame, tile }: TileId): boolean {
  return source === victim && id.frame === frame && id.tile === tile;
}
