/**
 * An edge that computes its own tiles first and steals others when it has none; a source also gives
 * tiles to thieves. All decisions are the scheduler's (runtime/schedule); this file carries them out.
 *
 * While a tile is computed the next one is made ready, be it the edge's own or a stolen one: planned, its
 * part of the frame cut or received, its neighbours' halos fetched. A tile whose halos cannot be had is
 * planned again without them, by its source: each time with less, so that this ends.
 */
import { monotonicMs } from '../../clock.ts';
import type { FilledHalo } from '../../engine/halo-run.ts';
import { noteDeadMap } from '../../engine/memory.ts';
import type { Frame, FrameLimits } from '../../net/frame.ts';
import type { MessageKind, MessageOf } from '../../net/messages.ts';
import type { PeerSession } from '../../net/session.ts';
import { haloBytes } from '../../partition/analysis.ts';
import { Reissued } from '../../schedule/reissued.ts';
import type { TileId } from '../../schedule/source-queue.ts';
import { Worker } from '../../schedule/worker.ts';
import type { EdgeDealing, EdgePort } from '../edge-node.ts';
import { type Hand, stolenJob } from '../job.ts';
import { Peers } from '../peers.ts';
import { FrameSupply, type Loan } from './frame-supply.ts';
import { HaloExchange } from './halo-exchange.ts';
import { computeTile, largestTileBytes, type StealingWork } from './work.ts';

/** Stolen tiles that are made ready while another is computed. */
const RESERVE = 1;
/** What a thief may say. */
const THIEF_KINDS: ReadonlySet<MessageKind> = new Set(['steal', 'replan', 'fetchHalos']);
const THIEF_LIMITS: FrameLimits = { allows: (kind) => THIEF_KINDS.has(kind), payloadBytes: 0 };
/** Results that may wait for the network before computing pauses. */
const UNSENT_RESULTS = 2;

export class StealingEdge implements EdgeDealing {
  readonly gatewayKinds = ['victim', 'tileDone', 'edgeLost', 'edgeHere'] as const;
  readonly peerLimits;
  readonly #port: EdgePort;
  readonly #work: StealingWork;
  readonly #supply: FrameSupply;
  readonly #worker = new Worker<Hand>(RESERVE);
  readonly #peers: Peers;
  readonly #halos: HaloExchange;
  readonly #reissued = new Reissued();
  /** The connection of each thief, so that one that is lost cannot steal on. */
  readonly #thieves = new Map<string, PeerSession>();
  /** The edge's own next tile. */
  #own: Hand | undefined;
  #started = false;
  #computing = false;
  #unsent = 0;
  #offerSequence = 0;
  #offering = false;
  #stealStartMs = 0;

  constructor(port: EdgePort, work: StealingWork) {
    this.#port = port;
    this.#work = work;
    this.#supply = new FrameSupply(port.config, work, port.statistics, () => this.#advance());
    const payloadBytes = largestTileBytes(work);
    this.peerLimits = { allows: () => true, payloadBytes };
    this.#peers = new Peers(() => port.peerOptions(this.peerLimits), {
      onFrame: (peer, frame) => this.#onAnswer(peer, frame),
      onGone: (peer) => this.#losePeer(peer),
    });
    this.#halos = new HaloExchange(port, work, this.#peers, payloadBytes);
  }

  start(): void {
    this.#started = true;
    this.#work.compute.begin();
    this.#supply.start();
    this.#advance();
  }

  reset(): void {
    this.#own = undefined;
    this.#worker.reset();
    this.#peers.hangUp();
    this.#halos.reset();
    this.#supply.abandon();
    this.#reissued.clear();
    this.#started = false;
    this.#offering = false;
  }

  close(): void {
    this.#halos.reset();
    this.#peers.close();
    this.#supply.close();
  }

  onGateway({ message }: Frame): void {
    switch (message.kind) {
      case 'victim':
        if (!this.#worker.referred({ victim: message.name, sequence: message.sequence })) break;
        this.#stealStartMs = monotonicMs();
        this.#halos.meet(message);
        void this.#peers.send(message, { kind: 'steal' });
        break;
      case 'tileDone':
        this.#complete(message);
        this.#advance();
        break;
      case 'detections':
        this.#supply.answered(message.frame);
        this.#advance();
        break;
      case 'edgeHere':
        this.#halos.meet(message);
        break;
      case 'edgeLost':
        // One that is frozen or cut off never answers: its thief looks for another.
        this.#peers.drop(message.name);
        this.#worker.drop(({ job }) => job.source === message.name);
        this.#halos.drop({ source: message.name });
        this.#thieves.get(message.name)?.destroy();
        this.#reissue(message.name);
        this.#losePeer(message.name);
        break;
      default:
    }
  }

  onPeer(session: PeerSession, thief: string): void {
    // One connection each: whoever comes again has lost the one before, and what came over it.
    const before = this.#thieves.get(thief);
    this.#thieves.set(thief, session);
    if (before !== undefined) {
      before.destroy();
      this.#reissue(thief);
    }
    session.setLimits(THIEF_LIMITS);
    session.handle({
      onFrame: ({ message }) => {
        if (message.kind === 'steal') return this.#lend(session, this.#supply.lend(thief));
        if (message.kind === 'replan') return this.#lendAgain(session, thief, message);
        if (message.kind === 'fetchHalos') return this.#halos.serve(session, message);
        return undefined;
      },
      onClose: (error) => {
        this.#port.statistics.countRefusal(error);
        if (this.#thieves.get(thief) !== session) return;
        this.#thieves.delete(thief);
        // What was lent over this connection may never have arrived.
        this.#reissue(thief);
        this.#advance();
      },
    });
  }

  /** Does whatever can be done now. Called after every event; it never waits. */
  #advance(): void {
    if (!this.#started) return;
    void this.#takeFrame();
    this.#prepareOwn();
    this.#updateOffer();
    this.#computeNext();
    const own =
      this.#supply.waiting + this.#supply.framesToCome + (this.#own === undefined ? 0 : 1);
    if (this.#worker.shouldAsk(own)) {
      void this.#port.send({ kind: 'ask', emptyVictim: '', emptySequence: 0 });
    }
  }

  async #takeFrame(): Promise<void> {
    try {
      const taken = await this.#supply.takeFrame();
      if (taken === undefined) return;
      const arrivedAtMs = taken.arrivedAtMs + this.#port.clockOffsetMs;
      void this.#port.send({ kind: 'frameTaken', ...taken, arrivedAtMs });
    } catch (error) {
      this.#port.fail(error as Error);
      return;
    }
    this.#advance();
  }

  /** Tells the gateway when there begins, or ceases, to be something to steal. */
  #updateOffer(): void {
    if (this.#port.config.work.strategy.name === 'local') return;
    const offering = this.#supply.waiting > 0;
    if (offering === this.#offering) return;
    this.#offering = offering;
    if (offering) this.#offerSequence++;
    const kind = offering ? 'offer' : 'withdraw';
    void this.#port.send({ kind, sequence: this.#offerSequence });
  }

  #prepareOwn(): void {
    if (this.#own !== undefined) return;
    const job = this.#supply.nextJob();
    if (job === undefined) return;
    this.#own = { job, fetched: undefined };
    this.#fetch(this.#own);
  }

  /** Fetches what the tile in hand needs of other edges; it is ready then, or planned again. */
  #fetch(hand: Hand): void {
    this.#halos.fetch(hand.job, (gathered) => {
      if (hand !== this.#own && this.#worker.find((one) => one === hand) === undefined) return;
      if (gathered.kind === 'complete') hand.fetched = gathered.data;
      else this.#planAgain(hand, gathered.tile);
      this.#advance();
    });
  }

  #planAgain(hand: Hand, gone: number): void {
    const { source, id } = hand.job;
    hand.fetched = undefined;
    if (hand !== this.#own) {
      void this.#peers.send(this.#halos.endpointOf(source)!, { kind: 'replan', ...id, gone });
      return;
    }
    this.#supply.forgetHalos({ frame: id.frame, tile: gone });
    const job = this.#supply.planAgain(id);
    if (job === undefined) {
      this.#own = undefined;
      return;
    }
    hand.job = job;
    this.#fetch(hand);
  }

  #computeNext(): void {
    if (this.#computing || this.#unsent >= UNSENT_RESULTS) return;
    const own = this.#own?.fetched === undefined ? undefined : this.#own;
    const hand = own ?? this.#worker.nextStolen(({ fetched }) => fetched !== undefined);
    if (hand === undefined) return;
    const filled = this.#halos.fill(hand.job, hand.fetched!);
    if (typeof filled === 'number') {
      if (own === undefined) this.#worker.putBack(hand);
      this.#planAgain(hand, filled);
      return;
    }
    this.#computing = true;
    if (own !== undefined) {
      this.#own = undefined;
      this.#prepareOwn();
    }
    this.#updateOffer();
    this.#compute(hand, filled).catch((error) => this.#port.fail(error));
  }

  async #compute({ job }: Hand, halos: readonly FilledHalo[]): Promise<void> {
    const { config, statistics } = this.#port;
    const { source, id, planned } = job;
    const computed = await computeTile(this.#work, job, halos);
    this.#computing = false;
    this.#halos.keep({ source, ...id }, computed.published, computed.kept);
    const { startMs, endMs } = computed;
    statistics.engineBytes = computed.engineBytes;
    statistics.tilesComputed++;
    statistics.multiplyAccumulates += computed.multiplyAccumulates;
    statistics.haloBytesReused += haloBytes(this.#work.network, planned.plan.halos);
    if (source !== config.name) statistics.tilesStolen++;
    statistics.span({ kind: 'compute', startMs, endMs, source, ...id });
    if (source === config.name) this.#complete(id);
    const output = computed.outputs[0]!;
    const payload = new Uint8Array(output.buffer, output.byteOffset, output.byteLength);
    this.#unsent++;
    // The next tile begins before this one leaves.
    this.#advance();
    await this.#port.send({ kind: 'result', source, ...id }, payload);
    this.#unsent--;
    noteDeadMap(payload);
    this.#advance();
  }

  /** A tile of an own frame is done, whoever computed it: halos that nobody needs any more are let go. */
  #complete(id: TileId): void {
    const source = this.#port.config.name;
    const { frame } = id;
    const { tiles, frameHolders } = this.#supply.complete(id);
    for (const { holder, tiles } of this.#reissued.complete(id)) {
      this.#tell('tiles-recomputed', holder, tiles);
    }
    for (const tile of tiles) this.#halos.drop({ source, frame, tile });
    if (frameHolders === undefined) return;
    this.#halos.drop({ source, frame });
    for (const holder of frameHolders) {
      void this.#thieves.get(holder)?.send({ kind: 'frameOver', frame });
    }
  }

  #reissue(edge: string): void {
    const lost = this.#supply.loseEdge(edge);
    if (lost.length === 0) return;
    this.#port.context.log(`${edge} is lost: ${lost.length} tiles go out again`);
    this.#reissued.add(edge, lost);
    this.#tell('tiles-reissued', edge, lost.length);
  }

  #tell(event: 'tiles-reissued' | 'tiles-recomputed', node: string, tiles: number): void {
    const atMs = monotonicMs() + this.#port.clockOffsetMs;
    this.#port.context.emit({ event, node, tiles, atMs });
  }

  async #lend(session: PeerSession, loan: Loan | undefined): Promise<void> {
    this.#updateOffer();
    if (loan === undefined) return session.send({ kind: 'nothing' });
    await session.send(loan.message, loan.payload);
  }

  async #lendAgain(
    session: PeerSession,
    thief: string,
    { frame, tile, gone }: MessageOf<'replan'>,
  ): Promise<void> {
    this.#supply.forgetHalos({ frame, tile: gone });
    const loan = this.#supply.lendAgain(thief, { frame, tile });
    if (loan === undefined) return session.send({ kind: 'leaseOver', frame, tile });
    await session.send(loan.message, loan.payload);
  }

  #onAnswer(peer: string, { message, payload }: Frame): void {
    switch (message.kind) {
      case 'nothing':
        this.#askAgain(peer);
        break;
      case 'task':
        this.#onTask(peer, message, payload);
        break;
      case 'leaseOver':
        this.#worker.drop(({ job }) => isTile(job, peer, message));
        this.#advance();
        break;
      case 'frameOver':
        this.#halos.drop({ source: peer, frame: message.frame });
        break;
      default:
        this.#halos.onPeer(peer, { message, payload });
    }
  }

  #onTask(victim: string, task: MessageOf<'task'>, payload: Uint8Array): void {
    const job = stolenJob(victim, task, payload, this.#work);
    const known = this.#worker.find((hand) => isTile(hand.job, victim, task));
    const hand = known ?? { job, fetched: undefined };
    if (known !== undefined) known.job = job;
    else if (!this.#worker.received(victim, hand)) return;
    const { frame, tile } = task;
    this.#port.statistics.span({
      kind: 'transfer',
      startMs: this.#stealStartMs,
      endMs: monotonicMs(),
      source: victim,
      frame,
      tile,
      peer: victim,
    });
    this.#fetch(hand);
    this.#advance();
  }

  /** An edge is gone, or the connection to it is: nothing more will come from there. */
  #losePeer(peer: string): void {
    this.#worker.drop(({ job, fetched }) => job.source === peer && fetched === undefined);
    this.#halos.loseHolder(peer);
    this.#askAgain(peer);
    this.#advance();
  }

  #askAgain(victim: string): void {
    const empty = this.#worker.foundEmpty(victim);
    if (empty === undefined) return;
    const { victim: emptyVictim, sequence: emptySequence } = empty;
    void this.#port.send({ kind: 'ask', emptyVictim, emptySequence });
  }
}

function isTile({ source, id }: Hand['job'], victim: string, { frame, tile }: TileId): boolean {
  return source === victim && id.frame === frame && id.tile === tile;
}
