/** An edge's glue around the scheduler (roles/stealing-edge.ts, roles/peers.ts), on simulated time. */
import { ArrivalQueue } from '../schedule/arrival-queue.ts';
import type { TimedRate } from '../schedule/arrivals.ts';
import { SourceQueue, type TileId } from '../schedule/source-queue.ts';
import { Worker } from '../schedule/worker.ts';
import { below, type Random } from './random.ts';
import type { Signal } from './simulated-gateway.ts';
import type { End, EventQueue } from './simulated-network.ts';

const RESERVE = 1;
const UNSENT_RESULTS = 2;

interface Job {
  readonly source: string;
  readonly id: TileId;
}

export interface EdgeTraits {
  readonly name: string;
  readonly frames: number;
  /** Undefined: back to back. */
  readonly rate?: TimedRate | undefined;
  readonly tiles: number;
  readonly framesInFlight: number;
  /** The longest that a tile takes. */
  readonly tileMs: number;
}

/** How an edge reaches others; undefined where nobody answers. */
export interface Surroundings {
  readonly events: EventQueue;
  readonly random: Random;
  joinGateway(edge: SimulatedEdge): End<Signal>;
  connectTo(victim: string, thief: string): End<Signal> | undefined;
}

export class SimulatedEdge {
  readonly traits: EdgeTraits;
  readonly #world: Surroundings;
  readonly #queue: SourceQueue;
  readonly #worker = new Worker<Job>(RESERVE);
  readonly #victims = new Map<string, End<Signal>>();
  readonly #thieves = new Set<End<Signal>>();
  #gateway: End<Signal> | undefined;
  readonly #arrivals: ArrivalQueue | undefined;
  #startedAtMs: number | undefined;
  #started = false;
  #nextFrame = 0;
  #takingFrame = false;
  #computing = false;
  #unsent = 0;
  #offerSequence = 0;
  #offering = false;
  alive = true;
  stolen = 0;
  reissued = 0;

  constructor(traits: EdgeTraits, world: Surroundings) {
    this.traits = traits;
    this.#world = world;
    const { rate, frames } = traits;
    this.#arrivals = rate === undefined ? undefined : new ArrivalQueue(rate, frames);
    const grid = { rows: 1, columns: traits.tiles };
    this.#queue = new SourceQueue({ grid, ranks: Array(traits.tiles).fill(0) });
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
    for (const end of [...this.#victims.values(), ...this.#thieves]) end.destroy();
  }

  /** One of the connections between edges breaks, seen from here as thief. */
  breakVictim(): void {
    const [end] = this.#victims.values();
    end?.destroy();
  }

  #later(mostMs: number, happen: () => void): void {
    this.#world.events.after(below(this.#world.random, mostMs + 1), () => {
      if (this.alive) happen();
    });
  }

  #rejoin(): void {
    if (!this.alive) return;
    this.#worker.reset();
    this.#started = false;
    this.#offering = false;
    // What was lent to this edge after the others heard of its loss would be lost with the reserve.
    for (const [name, end] of this.#victims) {
      this.#victims.delete(name);
      end.destroy();
    }
    this.#later(30, () => this.join());
  }

  #onGateway(signal: Signal): void {
    if (!this.alive) return;
    switch (signal.kind) {
      case 'start':
        this.#started = true;
        if (this.#startedAtMs === undefined) this.#awaitArrival();
        this.#advance();
        break;
      case 'victim':
        if (this.#worker.referred(signal.offer)) this.#steal(signal.offer.victim);
        break;
      case 'tileDone':
        this.#queue.complete(signal);
        this.#advance();
        break;
      case 'edgeLost':
        this.#reissue(signal.name);
        this.#advance();
        break;
      default:
        throw new Error(`the gateway sent ${signal.kind} to ${this.traits.name}`);
    }
  }

  #advance(): void {
    if (!this.#started) return;
    this.#takeFrame();
    this.#updateOffer();
    this.#computeNext();
    if (this.#worker.shouldAsk(this.#queue.waiting + this.#framesToCome())) {
      this.#gateway!.send({ kind: 'ask', empty: undefined });
    }
  }

  #framesToCome(): number {
    const mayTake = this.#queue.framesUnderWay < this.traits.framesInFlight;
    return mayTake ? this.#arrived() : 0;
  }

  /** Frames that have arrived and are not taken. */
  #arrived(): number {
    if (this.#arrivals === undefined) return this.traits.frames - this.#nextFrame;
    return this.#arrivals.waiting(this.#sinceStartMs());
  }

  #sinceStartMs(): number {
    this.#startedAtMs ??= this.#world.events.nowMs;
    return this.#world.events.nowMs - this.#startedAtMs;
  }

  /** As roles/frame-arrivals.ts does it. */
  #awaitArrival(): void {
    const nowMs = this.#sinceStartMs();
    const nextMs = this.#arrivals?.nextArrivalMs;
    if (nextMs === undefined) return;
    this.#world.events.after(Math.max(0, Math.ceil(nextMs - nowMs)), () => {
      if (!this.alive) return;
      if (this.#arrived() > 0) this.#advance();
      this.#awaitArrival();
    });
  }

  #takeFrame(): void {
    if (this.#arrived() === 0 || this.#takingFrame) return;
    if (this.#queue.waiting > 0) return;
    if (this.#queue.framesUnderWay >= this.traits.framesInFlight) return;
    this.#takingFrame = true;
    this.#arrivals?.take(this.#sinceStartMs());
    const frame = this.#nextFrame++;
    this.#later(5, () => {
      this.#queue.takeFrame(frame);
      this.#gateway!.send({ kind: 'frameTaken', frame });
      this.#takingFrame = false;
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

  #computeNext(): void {
    if (this.#computing || this.#unsent >= UNSENT_RESULTS) return;
    const own = this.#queue.nextLocal();
    const job = own ? { source: this.traits.name, id: own } : this.#worker.nextStolen();
    if (job === undefined) return;
    this.#computing = true;
    this.#updateOffer();
    this.#later(this.traits.tileMs, () => this.#computed(job));
  }

  #computed({ source, id }: Job): void {
    this.#computing = false;
    if (source === this.traits.name) this.#queue.complete(id);
    else this.stolen++;
    this.#unsent++;
    this.#gateway!.send({ kind: 'result', source, ...id });
    this.#advance();
    this.#later(10, () => {
      this.#unsent--;
      this.#advance();
    });
  }

  #reissue(edge: string): void {
    this.reissued += this.#queue.loseEdge(edge).length;
  }

  onThief(thief: string, end: End<Signal>): void {
    this.#thieves.add(end);
    end.handle({
      onMessage: (signal) => {
        if (!this.alive || signal.kind !== 'steal') return;
        const id = this.#queue.lend(thief);
        this.#updateOffer();
        end.send(id === undefined ? { kind: 'nothing' } : { kind: 'task', ...id });
      },
      onClose: () => {
        if (!this.alive) return;
        this.#thieves.delete(end);
        this.#reissue(thief);
        this.#advance();
      },
    });
  }

  #steal(victim: string): void {
    const known = this.#victims.get(victim);
    if (known !== undefined) {
      known.send({ kind: 'steal' });
      return;
    }
    const end = this.#world.connectTo(victim, this.traits.name);
    if (end === undefined) {
      // A victim that does not answer is given up after a while.
      this.#later(40, () => this.#askAgain(victim));
      return;
    }
    this.#victims.set(victim, end);
    end.handle({
      onMessage: (signal) => this.#onVictim(victim, signal),
      onClose: () => {
        if (!this.alive || this.#victims.get(victim) !== end) return;
        this.#victims.delete(victim);
        this.#askAgain(victim);
      },
    });
    end.send({ kind: 'steal' });
  }

  #onVictim(victim: string, signal: Signal): void {
    if (!this.alive) return;
    if (signal.kind === 'nothing') this.#askAgain(victim);
    if (signal.kind !== 'task') return;
    const job = { source: victim, id: { frame: signal.frame, tile: signal.tile } };
    if (this.#worker.received(victim, job)) this.#advance();
  }

  #askAgain(victim: string): void {
    const empty = this.#worker.foundEmpty(victim);
    if (empty !== undefined) this.#gateway!.send({ kind: 'ask', empty });
  }
}
