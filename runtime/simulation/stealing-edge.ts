/** An edge that steals (roles/stealing/edge.ts), on simulated time: the same agenda, otherwise carried out. */
import type { LeavingRule } from '../partition/leaving.ts';
import { FrameIntake, type IntakeOptions } from '../roles/frame-intake.ts';
import { type EmptyTiles, OwnTiles, type TileTask } from '../schedule/own-tiles.ts';
import type { TileId } from '../schedule/source-queue.ts';
import { Thieves } from '../schedule/thieves.ts';
import { TileAgenda } from '../schedule/tile-agenda.ts';
import type { HaloTransfer } from '../schedule/transfer.ts';
import type { End } from './connection.ts';
import { SimulatedPeers } from './peers.ts';
import type { StealingSignal } from './stealing-gateway.ts';
import { type Fetched, StealingHalos } from './stealing-halos.ts';
import type { Device, EdgeWorld } from './world.ts';

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
export interface StealingTiles extends EmptyTiles {
  readonly leaves: LeavingRule;
  readonly haloTransfer: HaloTransfer;
}

export class StealingEdge {
  readonly traits: StealingTraits;
  readonly #world: EdgeWorld<StealingSignal>;
  readonly #tiles: OwnTiles;
  readonly #halos: StealingHalos;
  readonly #agenda: TileAgenda<TileTask, true, Fetched>;
  readonly #peers: SimulatedPeers<StealingSignal>;
  readonly #thieves = new Thieves<End<StealingSignal>>((thief) => this.#reissue(thief));
  readonly #frames: FrameIntake;
  #gateway: End<StealingSignal> | undefined;
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
    const onArrival = this.#whenAlive(() => this.#agenda.advance());
    this.#frames = new FrameIntake(traits, onArrival, world.events);
    this.#peers = new SimulatedPeers(traits.name, world, {
      isAlive: () => this.alive,
      onAnswer: (peer, signal) => this.#onAnswer(peer, signal),
      onGone: (peer) => this.#agenda.losePeer(peer),
    });
    const { name, storeBytes } = traits;
    this.#tiles = new OwnTiles(name, tiles);
    this.#halos = new StealingHalos({
      name,
      storeBytes,
      tiles,
      peers: this.#peers,
      tellGateway: (signal) => this.#gateway!.send(signal),
      patience: (giveUp) => world.events.after(world.patienceMs(), this.#whenAlive(giveUp)),
    });
    this.#agenda = this.#makeAgenda();
  }

  #makeAgenda(): TileAgenda<TileTask, true, Fetched> {
    const [tiles, halos, frames] = [this.#tiles, this.#halos, this.#frames];
    return new TileAgenda<TileTask, true, Fetched>({
      offers: this.traits.offers,
      get waiting() {
        return tiles.waiting;
      },
      get framesToCome() {
        return frames.toCome;
      },
      takeFrame: () => this.#takeFrame(),
      nextOwn: () => {
        const task = tiles.next();
        if (task !== undefined) this.traits.device.cut(task);
        return task;
      },
      planOwnAgain: (id, gone) => {
        this.replanned++;
        tiles.forgetHalos({ frame: id.frame, tile: gone });
        return tiles.planAgain(id);
      },
      askForAnother: ({ source, id }, gone) => {
        this.replanned++;
        this.#peers.send(source, { kind: 'replan', id, gone });
      },
      fetch: (task, settle) => halos.fetch(task, settle),
      gather: (task, fetched) => halos.gather(task, fetched),
      compute: (task, fetched) =>
        this.traits.device.compute(
          task,
          this.#whenAlive(() => this.#computed(task, fetched)),
        ),
      tellOffer: (offering, sequence) =>
        this.#gateway!.send({ kind: offering ? 'offer' : 'withdraw', sequence }),
      ask: (empty) => this.#gateway!.send({ kind: 'ask', empty }),
      loseHolder: (peer) => halos.loseHolder(peer),
    });
  }

  get storedBytes(): number {
    return this.#halos.storedBytes;
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
    this.#thieves.destroy();
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
    this.#agenda.reset();
    this.#peers.hangUp();
    this.#halos.reset();
    this.#tiles.reset();
    this.#frames.abandon();
    const { events, rejoinMs } = this.#world;
    events.after(
      rejoinMs(),
      this.#whenAlive(() => this.join()),
    );
  }

  #onGateway(signal: StealingSignal): void {
    if (!this.alive) return;
    switch (signal.kind) {
      case 'start':
        this.#frames.start();
        this.#agenda.start();
        break;
      case 'victim':
        if (this.#agenda.referred(signal.offer))
          this.#peers.send(signal.offer.victim, { kind: 'steal' });
        break;
      case 'tileDone':
        this.#complete(signal);
        this.#agenda.advance();
        break;
      case 'detections':
        this.#frames.answered(signal.frame);
        this.#agenda.advance();
        break;
      case 'edgeLost':
        this.#peers.drop(signal.name);
        this.#agenda.dropSource(signal.name);
        this.#halos.dropFrames(signal.name);
        this.#thieves.lose(signal.name);
        this.#agenda.losePeer(signal.name);
        break;
      case 'halos':
        this.#halos.arrived(signal.request);
        break;
      case 'halosGone':
        this.#halos.failed(signal.request);
        break;
      default:
        throw new Error(`the gateway sent ${signal.kind} to ${this.traits.name}`);
    }
  }

  #takeFrame(): void {
    if (this.#tiles.waiting > 0) return;
    const arrived = this.#frames.begin();
    if (arrived === undefined) return;
    const { frame } = arrived;
    const taken = this.#whenAlive(() => {
      if (!this.#frames.taken(frame)) return;
      this.#tiles.takeFrame(frame);
      this.#gateway!.send({ kind: 'frameTaken', ...arrived });
      this.#agenda.advance();
    });
    this.traits.device.read(taken);
  }

  #computed(task: TileTask, fetched: Fetched): void {
    const { source, id, planned } = task;
    this.#agenda.computed();
    this.#halos.keep(task);
    this.halosUsed += planned.plan.halos.length;
    this.halosFetched += fetched.size;
    if (source === this.traits.name) this.#complete(id);
    else this.stolen++;
    this.computed++;
    this.#agenda.sending();
    const leftAtMs = this.#gateway!.send({ kind: 'result', source, ...id });
    this.#agenda.advance();
    this.#world.events.at(
      leftAtMs,
      this.#whenAlive(() => this.#agenda.sent()),
    );
  }

  #complete(id: TileId): void {
    const source = this.traits.name;
    const { frame } = id;
    const { tiles, frameHolders } = this.#tiles.complete(id);
    this.#halos.drop(source, frame, tiles);
    if (frameHolders === undefined) return;
    this.#halos.dropFrames(source, frame);
    for (const holder of frameHolders) {
      this.#thieves.get(holder)?.send({ kind: 'frameOver', frame });
    }
  }

  #reissue(edge: string): void {
    this.reissued += this.#tiles.loseEdge(edge).length;
  }

  onThief(thief: string, end: End<StealingSignal>): void {
    this.#thieves.arrived(thief, end);
    end.handle({
      onMessage: (signal) => {
        if (this.alive) this.#onThief(thief, end, signal);
      },
      onClose: () => {
        if (this.alive && this.#thieves.left(thief, end)) this.#agenda.advance();
      },
    });
  }

  #onThief(thief: string, end: End<StealingSignal>, signal: StealingSignal): void {
    if (signal.kind === 'fetchHalos' && !this.traits.mute) this.#halos.serve(end, signal);
    if (signal.kind === 'steal') {
      const task = this.#tiles.lend(thief);
      this.#agenda.updateOffer();
      if (task === undefined) end.send({ kind: 'nothing' });
      else this.#give(end, task);
    }
    if (signal.kind === 'replan') {
      const { id, gone } = signal;
      this.#tiles.forgetHalos({ frame: id.frame, tile: gone });
      const task = this.#tiles.lendAgain(thief, id);
      if (task === undefined) end.send({ kind: 'leaseOver', id });
      else this.#give(end, task);
    }
  }

  #give(end: End<StealingSignal>, task: TileTask): void {
    this.traits.device.cut(task);
    end.send({ kind: 'task', ...task });
  }

  #onAnswer(peer: string, signal: StealingSignal): void {
    switch (signal.kind) {
      case 'nothing':
        this.#agenda.foundEmpty(peer);
        break;
      case 'task': {
        const { id, planned } = signal;
        this.#agenda.received(peer, { source: peer, id, planned });
        break;
      }
      case 'leaseOver':
        this.#agenda.leaseOver(peer, signal.id);
        break;
      case 'halos':
        this.#halos.arrived(signal.request);
        break;
      case 'halosGone':
        this.#halos.failed(signal.request);
        break;
      case 'frameOver':
        this.#halos.dropFrames(peer, signal.frame);
        break;
      default:
        throw new Error(`${peer} answered ${signal.kind}`);
    }
  }
}
