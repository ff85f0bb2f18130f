/**
 * What an edge that steals does on which event; how it does it is told by whoever owns the agenda: the
 * role, or its simulation.
 *
 * An edge computes its own tiles first, and stolen ones when it has none. While a tile is computed the
 * next one is made ready, be it its own or a stolen one: planned, its part of the frame cut or received,
 * its neighbours' halos fetched. A tile whose halos cannot be had is planned again without them, by its
 * source: each time with less, so that this ends.
 */
import type { Offer } from './broker.ts';
import type { Gathered } from './halo-fetches.ts';
import type { TileTask } from './own-tiles.ts';
import type { TileId } from './source-queue.ts';
import { Worker } from './worker.ts';

/** Stolen tiles that are made ready while another is computed. */
const RESERVE = 1;
/** Results that may wait for the network before computing pauses. */
const UNSENT_RESULTS = 2;

/** How the agenda is carried out. */
export interface AgendaActs<Task extends TileTask, Halos, Ready extends object> {
  /** False where nobody may steal from this edge: without distribution. */
  readonly offers: boolean;
  /** Own tiles that anybody may have. */
  readonly waiting: number;
  /** A source that may take another frame at once has no need to steal. */
  readonly framesToCome: number;
  takeFrame(): void;
  nextOwn(): Task | undefined;
  /** Of a tile of this edge's own, without the halos of another; undefined where its frame is over. */
  planOwnAgain(id: TileId, gone: number): Task | undefined;
  /** Asks a stolen tile's source for the same. */
  askForAnother(task: Task, gone: number): void;
  /** Fetches what a tile needs of other edges; `settle` is called once, perhaps at once. */
  fetch(task: Task, settle: (gathered: Gathered<Halos>) => void): void;
  /** All that the tile begins with; or the tile whose halos should lie here and do not. */
  gather(task: Task, fetched: ReadonlyMap<number, Halos>): Ready | number;
  compute(task: Task, ready: Ready): void;
  /** Tells the gateway that there begins, or ceases, to be something to steal. */
  tellOffer(offering: boolean, sequence: number): void;
  /** Asks the gateway for a victim. */
  ask(empty: Offer | undefined): void;
  /** Halos that the peer was asked for will not come. */
  loseHolder(peer: string): void;
}

/** A tile in hand; without what is fetched for it while that is on its way. */
interface Hand<Task, Halos> {
  task: Task;
  fetched: ReadonlyMap<number, Halos> | undefined;
}

export class TileAgenda<Task extends TileTask, Halos, Ready extends object> {
  readonly #acts: AgendaActs<Task, Halos, Ready>;
  readonly #worker = new Worker<Hand<Task, Halos>>(RESERVE);
  /** The edge's own next tile. */
  #own: Hand<Task, Halos> | undefined;
  #started = false;
  #computing = false;
  #unsent = 0;
  #offerSequence = 0;
  #offering = false;

  constructor(acts: AgendaActs<Task, Halos, Ready>) {
    this.#acts = acts;
  }

  start(): void {
    this.#started = true;
    this.advance();
  }

  /** The gateway is gone, or has given this edge up. What is being computed is computed to its end. */
  reset(): void {
    this.#own = undefined;
    this.#worker.reset();
    this.#started = false;
    this.#offering = false;
  }

  /** Does whatever can be done now. Called after every event; it never waits. */
  advance(): void {
    if (!this.#started) return;
    const acts = this.#acts;
    acts.takeFrame();
    this.#prepareOwn();
    this.updateOffer();
    this.#computeNext();
    const own = acts.waiting + acts.framesToCome + (this.#own === undefined ? 0 : 1);
    if (this.#worker.shouldAsk(own)) acts.ask(undefined);
  }

  /** To be called where a tile was lent. */
  updateOffer(): void {
    if (!this.#acts.offers) return;
    const offering = this.#acts.waiting > 0;
    if (offering === this.#offering) return;
    this.#offering = offering;
    if (offering) this.#offerSequence++;
    this.#acts.tellOffer(offering, this.#offerSequence);
  }

  /** The gateway names a victim. False where none was asked for. */
  referred(offer: Offer): boolean {
    return this.#worker.referred(offer);
  }

  /** A victim gave a tile, or gave it again. False where nobody asked for it. */
  received(victim: string, task: Task): boolean {
    const known = this.#worker.find((hand) => isTile(hand, victim, task.id));
    const hand = known ?? { task, fetched: undefined };
    if (known !== undefined) known.task = task;
    else if (!this.#worker.received(victim, hand)) return false;
    this.#fetch(hand);
    this.advance();
    return true;
  }

  /** The victim had nothing, or is gone. */
  foundEmpty(victim: string): void {
    const empty = this.#worker.foundEmpty(victim);
    if (empty !== undefined) this.#acts.ask(empty);
  }

  /** A stolen tile is somebody else's by now, or done. */
  leaseOver(victim: string, id: TileId): void {
    this.#worker.drop((hand) => isTile(hand, victim, id));
    this.advance();
  }

  /** All frames of a source are lost with it. */
  dropSource(source: string): void {
    this.#worker.drop(({ task }) => task.source === source);
  }

  /** An edge is gone, or the connection to it is: nothing more will come from there. */
  losePeer(peer: string): void {
    this.#worker.drop(({ task, fetched }) => task.source === peer && fetched === undefined);
    this.#acts.loseHolder(peer);
    this.foundEmpty(peer);
    this.advance();
  }

  /** A tile's computation has ended; the next begins when the owner calls `advance`. */
  computed(): void {
    this.#computing = false;
  }

  /** A result waits for the network. */
  sending(): void {
    this.#unsent++;
  }

  /** A result has left. */
  sent(): void {
    this.#unsent--;
    this.advance();
  }

  #prepareOwn(): void {
    if (this.#own !== undefined) return;
    const task = this.#acts.nextOwn();
    if (task === undefined) return;
    this.#own = { task, fetched: undefined };
    this.#fetch(this.#own);
  }

  /** The tile in hand is ready then, or planned again. */
  #fetch(hand: Hand<Task, Halos>): void {
    this.#acts.fetch(hand.task, (gathered) => {
      if (hand !== this.#own && this.#worker.find((one) => one === hand) === undefined) return;
      if (gathered.kind === 'complete') hand.fetched = gathered.data;
      else this.#planAgain(hand, gathered.tile);
      this.advance();
    });
  }

  #planAgain(hand: Hand<Task, Halos>, gone: number): void {
    hand.fetched = undefined;
    if (hand !== this.#own) {
      this.#acts.askForAnother(hand.task, gone);
      return;
    }
    const task = this.#acts.planOwnAgain(hand.task.id, gone);
    if (task === undefined) {
      this.#own = undefined;
      return;
    }
    hand.task = task;
    this.#fetch(hand);
  }

  #computeNext(): void {
    if (this.#computing || this.#unsent >= UNSENT_RESULTS) return;
    const own = this.#own?.fetched === undefined ? undefined : this.#own;
    const hand = own ?? this.#worker.nextStolen(({ fetched }) => fetched !== undefined);
    if (hand === undefined) return;
    const ready = this.#acts.gather(hand.task, hand.fetched!);
    if (typeof ready === 'number') {
      if (own === undefined) this.#worker.putBack(hand);
      this.#planAgain(hand, ready);
      return;
    }
    this.#computing = true;
    if (own !== undefined) {
      this.#own = undefined;
      this.#prepareOwn();
    }
    this.updateOffer();
    this.#acts.compute(hand.task, ready);
  }
}

function isTile({ task }: Hand<TileTask, unknown>, victim: string, { frame, tile }: TileId) {
  return task.source === victim && task.id.frame === frame && task.id.tile === tile;
}
