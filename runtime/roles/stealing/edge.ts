/**
 * An edge that computes its own tiles first and steals others when it has none; a source also gives
 * tiles to thieves. What it does when is the agenda's to say (runtime/schedule/tile-agenda.ts); this file
 * carries it out.
 */
import { monotonicMs } from '../../clock.ts';
import type { FilledHalo } from '../../engine/halo-run.ts';
import { noteDeadMap } from '../../engine/memory.ts';
import type { Frame, FrameLimits } from '../../net/frame.ts';
import type { MessageKind, MessageOf } from '../../net/messages.ts';
import type { PeerSession } from '../../net/session.ts';
import { haloBytes } from '../../partition/analysis.ts';
import type { Offer } from '../../schedule/broker.ts';
import { Reissued } from '../../schedule/reissued.ts';
import type { TileId } from '../../schedule/source-queue.ts';
import { Thieves } from '../../schedule/thieves.ts';
import { TileAgenda } from '../../schedule/tile-agenda.ts';
import type { EdgeDealing, EdgePort } from '../edge-node.ts';
import { type Job, stolenJob } from '../job.ts';
import { Peers } from '../peers.ts';
import { tellTaken } from '../taken-frames.ts';
import { FrameSupply, type Loan } from './frame-supply.ts';
import { HaloExchange } from './halo-exchange.ts';
import { largestTileBytes } from './limits.ts';
import { computeTile, type StealingWork } from './work.ts';

/** What a thief may say. */
const THIEF_KINDS: ReadonlySet<MessageKind> = new Set(['steal', 'replan', 'fetchHalos']);
const THIEF_LIMITS: FrameLimits = { allows: (kind) => THIEF_KINDS.has(kind), payloadBytes: 0 };

/** No victim was found empty. */
const NO_OFFER: Offer = { victim: '', sequence: 0 };

export class StealingEdge implements EdgeDealing {
  readonly gatewayKinds = [
    'victim',
    'tileDone',
    'edgeLost',
    'edgeHere',
    'halos',
    'halosGone',
  ] as const;
  readonly peerLimits;
  readonly #port: EdgePort;
  readonly #work: StealingWork;
  readonly #supply: FrameSupply;
  readonly #agenda: TileAgenda<Job, readonly FilledHalo[], readonly FilledHalo[]>;
  readonly #peers: Peers;
  readonly #halos: HaloExchange;
  readonly #reissued = new Reissued();
  readonly #thieves = new Thieves<PeerSession>((thief) => this.#reissue(thief));
  #stealStartMs = 0;

  constructor(port: EdgePort, work: StealingWork) {
    this.#port = port;
    this.#work = work;
    const onArrival = () => this.#agenda.advance();
    this.#supply = new FrameSupply(port.config, work, port.statistics, onArrival);
    const payloadBytes = largestTileBytes(work);
    this.peerLimits = { allows: () => true, payloadBytes };
    this.#peers = new Peers(() => port.peerOptions(this.peerLimits), {
      onFrame: (peer, frame) => this.#onAnswer(peer, frame),
      onGone: (peer) => this.#agenda.losePeer(peer),
    });
    this.#halos = new HaloExchange(port, work, this.#peers, payloadBytes);
    this.#agenda = this.#makeAgenda();
  }

  #makeAgenda() {
    const [port, supply, halos] = [this.#port, this.#supply, this.#halos];
    return new TileAgenda<Job, readonly FilledHalo[], readonly FilledHalo[]>({
      offers: port.config.work.strategy.name !== 'local',
      get waiting() {
        return supply.waiting;
      },
      get framesToCome() {
        return supply.framesToCome;
      },
      takeFrame: () => void this.#takeFrame(),
      nextOwn: () => supply.nextJob(),
      planOwnAgain: (id, gone) => supply.planAgain(id, gone),
      askForAnother: ({ source, id }, gone) =>
        void this.#peers.send(halos.endpointOf(source)!, { kind: 'replan', ...id, gone }),
      fetch: (job, settle) => halos.fetch(job, settle),
      gather: (job, fetched) => halos.fill(job, fetched),
      compute: (job, filled) => void this.#compute(job, filled).catch((error) => port.fail(error)),
      tellOffer: (offering, sequence) =>
        void port.send({ kind: offering ? 'offer' : 'withdraw', sequence }),
      ask: ({ victim: emptyVictim, sequence: emptySequence } = NO_OFFER) =>
        void port.send({ kind: 'ask', emptyVictim, emptySequence }),
      loseHolder: (peer) => halos.loseHolder(peer),
    });
  }

  start(): void {
    this.#work.compute.begin();
    this.#supply.start();
    this.#agenda.start();
  }

  reset(): void {
    this.#agenda.reset();
    this.#peers.hangUp();
    this.#halos.reset();
    this.#supply.abandon();
    this.#reissued.clear();
  }

  close(): void {
    this.#halos.reset();
    this.#peers.close();
    this.#supply.close();
  }

  onGateway(frame: Frame): void {
    const { message } = frame;
    switch (message.kind) {
      case 'victim':
        if (!this.#agenda.referred({ victim: message.name, sequence: message.sequence })) break;
        this.#stealStartMs = monotonicMs();
        this.#halos.meet(message);
        void this.#peers.send(message, { kind: 'steal' });
        break;
      case 'tileDone':
        this.#complete(message);
        this.#agenda.advance();
        break;
      case 'detections':
        this.#supply.answered(message.frame);
        this.#agenda.advance();
        break;
      case 'edgeHere':
        this.#halos.meet(message);
        break;
      case 'edgeLost':
        // One that is frozen or cut off never answers: its thief looks for another.
        this.#peers.drop(message.name);
        this.#agenda.dropSource(message.name);
        this.#halos.drop({ source: message.name });
        this.#thieves.lose(message.name);
        this.#agenda.losePeer(message.name);
        break;
      default:
        this.#halos.onGateway(frame);
    }
  }

  onPeer(session: PeerSession, thief: string): void {
    this.#thieves.arrived(thief, session);
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
        if (this.#thieves.left(thief, session)) this.#agenda.advance();
      },
    });
  }

  async #takeFrame(): Promise<void> {
    if (await tellTaken(this.#port, () => this.#supply.takeFrame())) this.#agenda.advance();
  }

  async #compute(job: Job, halos: readonly FilledHalo[]): Promise<void> {
    const { config, statistics } = this.#port;
    const { source, id, planned } = job;
    const computed = await computeTile(this.#work, job, halos);
    this.#agenda.computed();
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
    this.#agenda.sending();
    // The next tile begins before this one leaves.
    this.#agenda.advance();
    await this.#port.send({ kind: 'result', source, ...id }, payload);
    noteDeadMap(payload);
    this.#agenda.sent();
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
    this.#agenda.updateOffer();
    if (loan === undefined) return session.send({ kind: 'nothing' });
    await session.send(loan.message, loan.payload);
  }

  async #lendAgain(
    session: PeerSession,
    thief: string,
    { frame, tile, gone }: MessageOf<'replan'>,
  ): Promise<void> {
    const loan = this.#supply.lendAgain(thief, { frame, tile }, gone);
    if (loan === undefined) return session.send({ kind: 'leaseOver', frame, tile });
    await session.send(loan.message, loan.payload);
  }

  #onAnswer(peer: string, { message, payload }: Frame): void {
    switch (message.kind) {
      case 'nothing':
        this.#agenda.foundEmpty(peer);
        break;
      case 'task':
        this.#onTask(peer, message, payload);
        break;
      case 'leaseOver':
        this.#agenda.leaseOver(peer, message);
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
    const endMs = monotonicMs();
    if (!this.#agenda.received(victim, job)) return;
    const { frame, tile } = task;
    const span = { startMs: this.#stealStartMs, endMs, source: victim, frame, tile, peer: victim };
    this.#port.statistics.span({ kind: 'transfer', ...span });
  }
}
