/** The edge's glue around its store of parts (roles/dealt-edge.ts), on simulated time and connections. */
import { type Piece, stagePieces } from '../partition/pieces.ts';
import { regionHeight, regionWidth } from '../partition/region.ts';
import type { Deal } from '../schedule/dealer.ts';
import { PartStore, type ReadyPart } from '../schedule/part-store.ts';
import { below, type Random } from './random.ts';
import type { DealtSignal, Piecework } from './simulated-dealer.ts';
import type { End, EventQueue } from './simulated-network.ts';

interface Traits {
  readonly name: string;
  readonly frames: number;
  readonly framesInFlight: number;
  readonly partMs: number;
}

interface World {
  readonly events: EventQueue;
  readonly random: Random;
  joinGateway(edge: SimulatedHand): End<DealtSignal>;
  /** Undefined where the peer does not answer. */
  connectTo(peer: string, from: string): End<DealtSignal> | undefined;
}

export class SimulatedHand {
  readonly traits: Traits;
  readonly #world: World;
  readonly #store = new PartStore<Piecework>();
  readonly #deals = new Map<number, Deal>();
  readonly #peers = new Map<string, End<DealtSignal>>();
  #gateway: End<DealtSignal> | undefined;
  #early: (DealtSignal & { kind: 'piece' })[] = [];
  #started = false;
  #computing = false;
  #nextFrame = 0;
  #underWay = 0;
  alive = true;
  computed = 0;
  earlyPieces = 0;
  stalePieces = 0;

  constructor(traits: Traits, world: World) {
    this.traits = traits;
    this.#world = world;
  }

  join(): void {
    const gateway = this.#world.joinGateway(this);
    this.#gateway = gateway;
    gateway.handle({
      onMessage: (signal) => this.#onGateway(signal),
      onClose: () => this.#rejoin(),
    });
  }

  kill(): void {
    this.alive = false;
    this.#gateway?.destroy();
    for (const end of this.#peers.values()) end.destroy();
  }

  /** A connection to another edge breaks while both live. */
  breakPeer(): void {
    const ends = [...this.#peers.values()];
    if (ends.length > 0) ends[below(this.#world.random, ends.length)]!.destroy();
  }

  onPeer(peer: string, end: End<DealtSignal>): void {
    end.handle({
      onMessage: (signal) => {
        if (!this.alive) return;
        if (signal.kind !== 'piece') throw new Error(`${peer} sent ${signal.kind}`);
        this.#onPiece(signal);
      },
      onClose: () => this.alive && this.#report(peer),
    });
  }

  #rejoin(): void {
    if (!this.alive) return;
    this.#store.reset();
    this.#deals.clear();
    this.#early = [];
    this.#started = false;
    this.#underWay = 0;
    // The gateway has counted this source's frames as lost.
    this.#nextFrame = this.traits.frames;
    this.#later(30, () => this.join());
  }

  #onGateway(signal: DealtSignal): void {
    if (!this.alive) return;
    switch (signal.kind) {
      case 'start':
        this.#started = true;
        break;
      case 'deal':
        this.#onDeal(signal.deal);
        break;
      case 'cancel':
        this.#store.cancel(signal.deal);
        this.#deals.delete(signal.deal);
        break;
      case 'piece':
        this.#onPiece(signal);
        break;
      case 'edgeLost':
        this.#drop(signal.name);
        break;
      case 'answered':
        this.#underWay--;
        break;
      default:
        throw new Error(`the gateway sent ${signal.kind} to ${this.traits.name}`);
    }
    this.#advance();
  }

  #onDeal(deal: Deal): void {
    const { id, source, frame, edges, plan } = deal;
    this.#deals.set(id, deal);
    this.#store.begin(id, plan, edges.indexOf(this.traits.name));
    if (source === this.traits.name) {
      if (plan.route === 'gateway') this.#gateway!.send({ kind: 'picture', deal: id });
      else this.#send(deal, 0, stagePieces(plan, 0), { source, frame, stage: 0 });
    }
    const early = this.#early;
    this.#early = [];
    for (const signal of early) this.#onPiece(signal);
  }

  #onPiece(signal: DealtSignal & { kind: 'piece' }): void {
    const { deal, stage, piece, work } = signal;
    const arrival = this.#store.arrive(deal, stage, piece, work);
    if (arrival === 'foreign' || arrival === 'duplicate') throw new Error(`an ${arrival} piece`);
    if (arrival === 'stale') this.stalePieces++;
    if (arrival === 'early') {
      this.#early.push(signal);
      this.earlyPieces++;
    }
    this.#advance();
  }

  #advance(): void {
    if (!this.#started) return;
    while (this.#nextFrame < this.traits.frames && this.#underWay < this.traits.framesInFlight) {
      this.#underWay++;
      this.#gateway!.send({ kind: 'frameTaken', frame: this.#nextFrame++ });
    }
    if (this.#computing) return;
    const ready = this.#store.next();
    if (ready === undefined) return;
    this.#check(ready);
    this.#computing = true;
    this.#later(this.traits.partMs, () => this.#computed(ready));
  }

  /** The part has its whole input, of its own frame and of the stage before. */
  #check({ id, plan, ingredients }: ReadyPart<Piecework>): void {
    const { source, frame, edges, plan: whole } = this.#deals.get(id.deal)!;
    const own = id.stage === 0 && whole.route === 'direct' && edges[0] === this.traits.name;
    const { input } = plan;
    const seen = new Uint8Array(regionHeight(input) * regionWidth(input));
    for (const { region, data } of ingredients) {
      if (data.source !== source || data.frame !== frame || data.stage !== id.stage)
        throw new Error(`a piece of ${data.source}/${data.frame} at stage ${data.stage}`);
      for (let y = Math.max(region.y1, input.y1); y <= Math.min(region.y2, input.y2); y++) {
        for (let x = Math.max(region.x1, input.x1); x <= Math.min(region.x2, input.x2); x++) {
          seen[(y - input.y1) * regionWidth(input) + x - input.x1] = 1;
        }
      }
    }
    if (!own && seen.includes(0)) throw new Error('a part begins without its whole input');
  }

  #computed({ id }: ReadyPart<Piecework>): void {
    this.#computing = false;
    this.computed++;
    const deal = this.#deals.get(id.deal);
    const next = id.stage + 1;
    const work = deal && { source: deal.source, frame: deal.frame, stage: next };
    const outcome = work && this.#store.computed(id, work);
    if (outcome?.isResult) {
      this.#gateway!.send({ kind: 'output', deal: id.deal, part: id.part });
    } else if (outcome !== undefined) this.#send(deal!, next, outcome.pieces, work!);
    this.#advance();
  }

  #send(deal: Deal, stage: number, pieces: readonly Piece[], work: Piecework): void {
    for (const { index: piece, receivers } of pieces) {
      const signal = { kind: 'piece', deal: deal.id, stage, piece, work } as const;
      if (deal.plan.route === 'gateway') this.#gateway!.send(signal);
      else for (const receiver of receivers) this.#sendTo(deal.edges[receiver]!, signal);
    }
  }

  #sendTo(peer: string, signal: DealtSignal): void {
    const known = this.#peers.get(peer) ?? this.#connect(peer);
    if (known !== undefined) known.send(signal);
    // A peer that does not answer is given up after a while.
    else this.#later(40, () => this.#report(peer));
  }

  #connect(peer: string): End<DealtSignal> | undefined {
    const end = this.#world.connectTo(peer, this.traits.name);
    if (end === undefined) return undefined;
    this.#peers.set(peer, end);
    end.handle({
      onMessage: () => {},
      onClose: () => {
        if (!this.alive) return;
        if (this.#peers.get(peer) === end) this.#peers.delete(peer);
        this.#report(peer);
      },
    });
    return end;
  }

  #drop(peer: string): void {
    const end = this.#peers.get(peer);
    this.#peers.delete(peer);
    end?.destroy();
  }

  #report(name: string): void {
    this.#gateway!.send({ kind: 'peerGone', name, newest: this.#store.newest });
  }

  #later(mostMs: number, happen: () => void): void {
    this.#world.events.after(below(this.#world.random, mostMs + 1), () => {
      if (this.alive) happen();
    });
  }
}
