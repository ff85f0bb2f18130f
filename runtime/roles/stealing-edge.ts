/**
 * An edge that computes its own tiles first and steals others when it has none; a source also gives
 * tiles to thieves. All decisions are the scheduler's (runtime/schedule); this file carries them out.
 */
import { monotonicMs } from '../clock.ts';
import { releaseDeadMaps } from '../engine/memory.ts';
import { letterboxFor } from '../frames/letterbox.ts';
import { loadNetwork } from '../model/load.ts';
import { elements, type Network } from '../model/network.ts';
import type { Frame, FrameLimits } from '../net/frame.ts';
import type { PeerSession } from '../net/session.ts';
import type { FusedPlan } from '../partition/plan.ts';
import { regionHeight, regionWidth } from '../partition/region.ts';
import { planWork } from '../partition/work-plan.ts';
import { Reissued } from '../schedule/reissued.ts';
import type { TileId } from '../schedule/source-queue.ts';
import { Worker } from '../schedule/worker.ts';
import { ComputeThread } from './compute-thread.ts';
import type { EdgeConfig } from './config.ts';
import type { EdgeDealing, EdgePort } from './edge-node.ts';
import { FrameSupply } from './frame-supply.ts';
import { type Job, stolenJob } from './job.ts';
import { Peers } from './peers.ts';

/** Stolen tiles that lie ready while another is computed. */
const RESERVE = 1;
/** What a thief may say. */
const THIEF_LIMITS: FrameLimits = { allows: (kind) => kind === 'steal', payloadBytes: 0 };
/** Results that may wait for the network before computing pauses. */
const UNSENT_RESULTS = 2;

/** What a stealing edge has opened before it joins. */
export interface StealingWork {
  readonly network: Network;
  readonly plan: FusedPlan;
  readonly compute: ComputeThread;
}

/** Opens the engine and warms it up. */
export async function openStealingWork({ work, warmup }: EdgeConfig): Promise<StealingWork> {
  const network = await loadNetwork(work.model.cfg);
  const plan = planWork(network, work);
  const compute = await ComputeThread.open({
    engine: work.engine,
    model: work.model,
    from: 0,
    to: plan.fusedLayers,
    outputs: [plan.fusedLayers - 1],
    extent: work.strategy.name === 'local' ? 'whole' : 'tiled',
    threads: work.threads,
  });
  for (let round = 0; round < warmup; round++) await warmUp(compute, network, plan);
  return { network, plan, compute };
}

/** Goes the way of real tiles, whose floats are made on the compute thread, but without a picture. */
async function warmUp(compute: ComputeThread, network: Network, plan: FusedPlan): Promise<void> {
  const { width, height } = network.input;
  const letterbox = letterboxFor(network.input, width, height);
  for (const { input: region, layers } of plan.tiles) {
    const surrounds = layers.map(({ border }) => border);
    const input = {
      kind: 'pixels',
      picture: undefined,
      crop: undefined,
      letterbox,
      region,
    } as const;
    await compute.run({ input, surrounds });
  }
}

export class StealingEdge implements EdgeDealing {
  readonly gatewayKinds = ['victim', 'tileDone', 'edgeLost'] as const;
  readonly peerLimits;
  readonly #port: EdgePort;
  readonly #work: StealingWork;
  readonly #supply: FrameSupply;
  readonly #worker = new Worker<Job>(RESERVE);
  readonly #victims: Peers;
  readonly #reissued = new Reissued();
  /** The connection of each thief, so that one that is lost cannot steal on. */
  readonly #thieves = new Map<string, PeerSession>();
  #started = false;
  #computing = false;
  #unsent = 0;
  #offerSequence = 0;
  #offering = false;
  #stealStartMs = 0;

  constructor(port: EdgePort, work: StealingWork) {
    const { network, plan } = work;
    this.#port = port;
    this.#work = work;
    this.#supply = new FrameSupply(port.config, network, plan, port.statistics, () =>
      this.#advance(),
    );
    this.peerLimits = { allows: () => true, payloadBytes: largestTileBytes(network, plan) };
    this.#victims = new Peers(() => port.peerOptions(this.peerLimits), {
      onFrame: (victim, frame) => this.#onVictim(victim, frame),
      onGone: (victim) => this.#askAgain(victim),
    });
  }

  start(): void {
    this.#started = true;
    this.#supply.start();
    this.#advance();
  }

  reset(): void {
    this.#worker.reset();
    this.#victims.hangUp();
    this.#supply.abandon();
    this.#reissued.clear();
    this.#started = false;
    this.#offering = false;
  }

  close(): void {
    this.#victims.close();
    this.#supply.close();
  }

  onGateway({ message }: Frame): void {
    switch (message.kind) {
      case 'victim':
        if (!this.#worker.referred({ victim: message.name, sequence: message.sequence })) break;
        this.#stealStartMs = monotonicMs();
        void this.#victims.send(message, { kind: 'steal' });
        break;
      case 'tileDone':
        this.#complete(message);
        this.#advance();
        break;
      case 'detections':
        this.#supply.answered(message.frame);
        this.#advance();
        break;
      case 'edgeLost':
        // A victim that is frozen or cut off never answers: its thief looks for another.
        this.#victims.drop(message.name);
        this.#askAgain(message.name);
        this.#thieves.get(message.name)?.destroy();
        this.#reissue(message.name);
        this.#advance();
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
        if (message.kind === 'steal') return this.#lend(session, thief);
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
    this.#updateOffer();
    this.#computeNext();
    if (this.#worker.shouldAsk(this.#supply.waiting + this.#supply.framesToCome)) {
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

  #computeNext(): void {
    if (this.#computing || this.#unsent >= UNSENT_RESULTS) return;
    const job = this.#supply.nextJob() ?? this.#worker.nextStolen();
    if (job === undefined) return;
    this.#computing = true;
    this.#updateOffer();
    this.#computeJob(job).catch((error) => this.#port.fail(error));
  }

  async #computeJob({ source, id, plan, input }: Job): Promise<void> {
    const { config, statistics } = this.#port;
    const surrounds = plan.layers.map(({ border }) => border);
    const { outputs, startMs, endMs, engineBytes } = await this.#work.compute.run({
      input,
      surrounds,
    });
    this.#computing = false;
    const own = source === config.name;
    statistics.engineBytes = engineBytes;
    statistics.tilesComputed++;
    if (!own) statistics.tilesStolen++;
    statistics.span({ kind: 'compute', startMs, endMs, source, ...id });
    if (own) this.#complete(id);
    const output = outputs[0]!;
    const payload = new Uint8Array(output.buffer, output.byteOffset, output.byteLength);
    this.#unsent++;
    const sent = this.#port.send({ kind: 'result', source, ...id }, payload);
    this.#advance();
    await sent;
    this.#unsent--;
    // What has left is dead here too: some three MiB at the peak (decision 0004).
    releaseDeadMaps('minor');
    this.#advance();
  }

  /** A tile of an own frame is done, whoever computed it. */
  #complete(id: TileId): void {
    this.#supply.complete(id);
    for (const { holder, tiles } of this.#reissued.complete(id)) {
      this.#tell('tiles-recomputed', holder, tiles);
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

  async #lend(session: PeerSession, thief: string): Promise<void> {
    const loan = this.#supply.lend(thief);
    this.#updateOffer();
    if (loan === undefined) return session.send({ kind: 'nothing' });
    await session.send(loan.message, loan.payload);
  }

  #onVictim(victim: string, { message, payload }: Frame): void {
    if (message.kind === 'nothing') this.#askAgain(victim);
    if (message.kind !== 'task') return;
    const job = stolenJob(victim, message, payload, this.#work);
    if (!this.#worker.received(victim, job)) return;
    const { frame, tile } = message;
    const startMs = this.#stealStartMs;
    const endMs = monotonicMs();
    const peer = victim;
    this.#port.statistics.span({
      kind: 'transfer',
      startMs,
      endMs,
      source: victim,
      frame,
      tile,
      peer,
    });
    this.#advance();
  }

  #askAgain(victim: string): void {
    const empty = this.#worker.foundEmpty(victim);
    if (empty === undefined) return;
    const { victim: emptyVictim, sequence: emptySequence } = empty;
    void this.#port.send({ kind: 'ask', emptyVictim, emptySequence });
  }
}

/** The most that a peer may send at once: a tile's input as floats, or a whole output map. */
function largestTileBytes(network: Network, plan: FusedPlan): number {
  const inputs = plan.tiles.map(({ input }) => 3 * regionHeight(input) * regionWidth(input));
  const output = elements(network.layers[plan.fusedLayers - 1]!.output);
  return Float32Array.BYTES_PER_ELEMENT * Math.max(output, ...inputs);
}
