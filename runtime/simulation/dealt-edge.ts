/** The edge's glue around its store of parts (roles/dealt/edge.ts), on simulated time and connections. */
import { type Piece, stagePieces } from '../partition/pieces.ts';
import { regionHeight, regionWidth } from '../partition/region.ts';
import { FrameIntake, type IntakeOptions } from '../roles/frame-intake.ts';
import type { Deal } from '../schedule/dealer.ts';
import { PartStore, type ReadyPart } from '../schedule/part-store.ts';
import type { End } from './connection.ts';
import type { DealtSignal, Piecework } from './dealt-gateway.ts';
import { SimulatedPeers } from './peers.ts';
import type { Device, EdgeWorld } from './world.ts';

/** A part of a frame that was dealt to this edge. */
export interface PartTask {
  readonly deal: Deal;
  readonly ready: ReadyPart<Piecework>;
}

export interface DealtTraits extends IntakeOptions {
  readonly name: string;
  readonly device: Device<PartTask>;
  /** Every part is looked at: whether it has its whole input. */
  readonly checks: boolean;
  /** It tells the gateway what its parts took. */
  readonly tells: boolean;
}

export class DealtEdge {
  readonly traits: DealtTraits;
  readonly #world: EdgeWorld<DealtSignal>;
  readonly #frames: FrameIntake;
  readonly #store = new PartStore<Piecework>();
  readonly #deals = new Map<number, Deal>();
  /** Milliseconds of this edge's parts of each deal so far. */
  readonly #computeMs = new Map<number, number>();
  readonly #peers: SimulatedPeers<DealtSignal>;
  #gateway: End<DealtSignal> | undefined;
  #early: (DealtSignal & { kind: 'piece' })[] = [];
  #started = false;
  #computing = false;
  alive = true;
  computed = 0;
  earlyPieces = 0;
  stalePieces = 0;

  constructor(traits: DealtTraits, world: EdgeWorld<DealtSignal>) {
    this.traits = traits;
    this.#world = world;
    const onArrival = () => {
      if (this.alive) this.#advance();
    };
    this.#frames = new FrameIntake(traits, onArrival, world.events);
    this.#peers = new SimulatedPeers(traits.name, world, {
      isAlive: () => this.alive,
      onAnswer: () => {},
      onGone: (peer) => this.#report(peer),
    });
  }

  join(): void {
    const gateway = this.#world.joinGateway(this.traits.name);
    this.#gateway = gateway;
    gateway.handle({
      onMessage: (signal) => this.#onGateway(signal),
      onClose: () => this.#rejoin(),
    });
  }

  kill(): void {
    this.alive = false;
    this.#gateway?.destroy();
    this.#peers.die();
  }

  /** A connection to another edge breaks while both live. */
  breakPeer(pick: (count: number) => number): void {
    this.#peers.breakOne(pick);
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
    this.#computeMs.clear();
    this.#peers.hangUp();
    this.#started = false;
    // The gateway has counted this source's frames as lost.
    this.#frames.abandon();
    const { events, rejoinMs } = this.#world;
    events.after(rejoinMs(), () => {
      if (this.alive) this.join();
    });
  }

  #onGateway(signal: DealtSignal): void {
    if (!this.alive) return;
    switch (signal.kind) {
      case 'start':
        this.#started = true;
        this.#frames.start();
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
        this.#peers.drop(signal.name);
        break;
      case 'detections':
        this.#frames.answered(signal.frame);
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
      if (plan.route === 'gateway') this.#gateway!.send({ kind: 'picture', deal: id, plan });
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
    this.#takeFrame();
    if (this.#computing) return;
    const ready = this.#store.next();
    if (ready === undefined) return;
    if (this.traits.checks) this.#check(ready);
    this.#computing = true;
    const deal = this.#deals.get(ready.id.deal)!;
    this.traits.device.compute({ deal, ready }, (startMs, endMs) => {
      if (this.alive) this.#computed(ready, endMs - startMs);
    });
  }

  #takeFrame(): void {
    const arrived = this.#frames.begin();
    if (arrived === undefined) return;
    this.traits.device.read(() => {
      if (!this.alive || !this.#frames.taken(arrived.frame)) return;
      this.#gateway!.send({ kind: 'frameTaken', ...arrived });
      this.#advance();
    });
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

  #computed({ id }: ReadyPart<Piecework>, tookMs: number): void {
    this.#computing = false;
    this.computed++;
    const deal = this.#deals.get(id.deal);
    const next = id.stage + 1;
    const work = deal && { source: deal.source, frame: deal.frame, stage: next };
    const outcome = work && this.#store.computed(id, work);
    if (outcome !== undefined) {
      const { plan } = deal!;
      this.#tell(id.deal, tookMs);
      if (outcome.isResult) {
        this.#gateway!.send({ kind: 'output', deal: id.deal, part: id.part, plan });
      } else this.#send(deal!, next, outcome.pieces, work!);
      if (!this.#store.isLive(id.deal)) this.#deals.delete(id.deal);
    }
    this.#advance();
  }

  #tell(deal: number, tookMs: number): void {
    if (!this.traits.tells) return;
    const computeMs = (this.#computeMs.get(deal) ?? 0) + tookMs;
    this.#computeMs.set(deal, computeMs);
    if (this.#store.isLive(deal)) return;
    this.#computeMs.delete(deal);
    this.#gateway!.send({ kind: 'partsDone', deal, computeMs });
  }

  #send(deal: Deal, stage: number, pieces: readonly Piece[], work: Piecework): void {
    const { id, plan, edges } = deal;
    for (const { index: piece, receivers } of pieces) {
      const signal = { kind: 'piece', deal: id, stage, piece, work, plan } as const;
      if (plan.route === 'gateway') this.#gateway!.send(signal);
      else for (const receiver of receivers) this.#peers.send(edges[receiver]!, signal);
    }
  }

  #report(name: string): void {
    this.#gateway!.send({ kind: 'peerGone', name, newest: this.#store.newest });
  }
}
