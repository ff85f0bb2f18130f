/** An edge's glue around the scheduler (roles/stealing-edge.ts, roles/halo-exchange.ts), on simulated time. */
import { publishedHalos } from '../partition/reuse.ts';
import { HaloFetches } from '../schedule/halo-fetches.ts';
import type { HaloLedger, PlannedTile } from '../schedule/halo-ledger.ts';
import { HaloStore } from '../schedule/halo-store.ts';
import type { SourceQueue, TileId } from '../schedule/source-queue.ts';
import { Worker } from '../schedule/worker.ts';
import { below, type Random } from './random.ts';
import { type FrameTraits, SimulatedFrames } from './simulated-frames.ts';
import type { Signal } from './simulated-gateway.ts';
import type { End, EventQueue } from './simulated-network.ts';
import { SimulatedPeers } from './simulated-peers.ts';
import type { SimulatedWork } from './simulated-work.ts';

const RESERVE = 1;
const UNSENT_RESULTS = 2;
/** After so long a holder of halos that does not answer is not waited for. */
const PATIENCE_MS = 60;

interface Hand {
  readonly source: string;
  readonly id: TileId;
  planned: PlannedTile;
  /** Tiles whose halos have come; undefined while some are on their way. */
  fetched: ReadonlySet<number> | undefined;
}

export interface EdgeTraits extends FrameTraits {
  readonly name: string;
  /** The longest that a tile takes. */
  readonly tileMs: number;
  /** How much it keeps of its tiles' halos. */
  readonly storeBytes: number;
  /** It never answers who asks for halos. */
  readonly mute: boolean;
}

/** How an edge reaches others; undefined where nobody answers. */
export interface Surroundings {
  readonly events: EventQueue;
  readonly random: Random;
  readonly work: SimulatedWork;
  joinGateway(edge: SimulatedEdge): End<Signal>;
  connectTo(victim: string, thief: string): End<Signal> | undefined;
}

export class SimulatedEdge {
  readonly traits: EdgeTraits;
  readonly #world: Surroundings;
  #queue: SourceQueue;
  #ledger: HaloLedger;
  readonly #store: HaloStore;
  readonly #fetches = new HaloFetches<true>();
  readonly #worker = new Worker<Hand>(RESERVE);
  readonly #peers: SimulatedPeers;
  readonly #thieves = new Map<string, End<Signal>>();
  readonly #frames: SimulatedFrames;
  #gateway: End<Signal> | undefined;
  #own: Hand | undefined;
  #started = false;
  #computing = false;
  #unsent = 0;
  #offerSequence = 0;
  #offering = false;
  alive = true;
  stolen = 0;
  reissued = 0;
  halosUsed = 0;
  halosFetched = 0;
  replanned = 0;

  constructor(traits: EdgeTraits, world: Surroundings) {
    this.traits = traits;
    this.#world = world;
    this.#frames = new SimulatedFrames(traits, world.events, () => {
      if (this.alive) this.#advance();
    });
    this.#peers = new SimulatedPeers(traits.name, world, {
      isAlive: () => this.alive,
      onAnswer: (peer, signal) => this.#onAnswer(peer, signal),
      onGone: (peer) => this.#losePeer(peer),
    });
    this.#queue = world.work.emptyQueue();
    this.#ledger = world.work.emptyLedger();
    this.#store = new HaloStore(traits.storeBytes);
  }

  get storedBytes(): number {
    return this.#store.bytes;
  }

  join(): void {
    const session = this.#world.joinGateway(this);
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
  breakPeer(): void {
    this.#peers.breakOne();
  }

  #later(mostMs: number, happen: () => void): void {
    const delayMs = below(this.#world.random, mostMs + 1);
    this.#world.events.after(delayMs, () => this.alive && happen());
  }

  /** Comes back with empty hands; the gateway has counted its frames as lost. */
  #rejoin(): void {
    if (!this.alive) return;
    this.#own = undefined;
    this.#worker.reset();
    this.#peers.hangUp();
    this.#fetches.clear();
    this.#store.clear();
    this.#queue = this.#world.work.emptyQueue();
    this.#ledger = this.#world.work.emptyLedger();
    this.#frames.abandon();
    this.#started = false;
    this.#offering = false;
    this.#later(30, () => this.join());
  }

  #onGateway(signal: Signal): void {
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
    const frame = this.#frames.take();
    if (frame === undefined) return;
    this.#later(5, () => {
      this.#frames.taken(frame);
      this.#queue.takeFrame(frame);
      this.#gateway!.send({ kind: 'frameTaken', frame });
      this.#advance();
    });
  }

  #updateOffer(): void {
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
      this.#world.events.after(PATIENCE_MS, () => this.alive && this.#fetches.failed(request));
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
    this.#later(this.traits.tileMs, () => this.#computed(hand));
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
    const { layers } = this.#world.work;
    const published = publishedHalos(layers, id.tile, planned.plan, planned.sides);
    const values = published.map(() => new Float32Array(1));
    this.#store.put({ source, ...id }, published, values);
    this.halosUsed += planned.plan.halos.length;
    this.halosFetched += fetched!.size;
    if (source === this.traits.name) this.#complete(id);
    else this.stolen++;
    this.#unsent++;
    this.#gateway!.send({ kind: 'result', source, ...id });
    this.#advance();
    this.#later(10, () => {
      this.#unsent--;
      this.#advance();
    });
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

  onThief(thief: string, end: End<Signal>): void {
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

  #onThief(thief: string, end: End<Signal>, signal: Signal): void {
    if (signal.kind === 'fetchHalos') {
      if (this.traits.mute) return;
      const found = this.#store.find(signal.key, signal.parts) !== undefined;
      end.send({ kind: found ? 'halos' : 'halosGone', request: signal.request });
    }
    if (signal.kind === 'steal') {
      const id = this.#queue.lend(thief);
      this.#updateOffer();
      if (id === undefined) end.send({ kind: 'nothing' });
      else end.send({ kind: 'task', id, planned: this.#ledger.plan(id, thief) });
    }
    if (signal.kind === 'replan') {
      const { id, gone } = signal;
      this.#ledger.forget({ frame: id.frame, tile: gone });
      if (!this.#queue.isLeasedTo(thief, id)) end.send({ kind: 'leaseOver', id });
      else end.send({ kind: 'task', id, planned: this.#ledger.plan(id, thief) });
    }
  }

  #onAnswer(peer: string, signal: Signal): void {
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
