/**
 * The edge: computes tiles, its own first and stolen ones when it has none. A source edge also takes
 * frames, cuts them, and gives tiles to thieves. All decisions are the scheduler's (runtime/schedule);
 * this file carries them out.
 */
import { monotonicMs } from '../clock.ts';
import { releaseDeadMaps } from '../engine/memory.ts';
import { letterboxFor } from '../frames/letterbox.ts';
import { loadNetwork } from '../model/load.ts';
import { elements, type Network } from '../model/network.ts';
import { connect } from '../net/connect.ts';
import type { Frame, FrameLimits } from '../net/frame.ts';
import type { Message } from '../net/messages.ts';
import type { PeerSession } from '../net/session.ts';
import { planFusedTiles } from '../partition/ftp.ts';
import type { FusedPlan } from '../partition/plan.ts';
import { regionHeight, regionWidth } from '../partition/region.ts';
import { Worker } from '../schedule/worker.ts';
import { ClockSync } from './clock-sync.ts';
import { ComputeThread } from './compute-thread.ts';
import type { EdgeConfig } from './config.ts';
import { FrameSupply } from './frame-supply.ts';
import { type Job, stolenJob } from './job.ts';
import { emitStatistics, listenAs, type RoleContext } from './role.ts';
import { Statistics } from './statistics.ts';
import { Victims } from './victims.ts';

/** Stolen tiles that lie ready while another is computed. */
const RESERVE = 1;
/** What the gateway may say to an edge. */
const GATEWAY_KINDS: ReadonlySet<string> = new Set([
  'welcome',
  'refused',
  'heartbeatReply',
  'start',
  'stop',
  'victim',
  'tileDone',
  'edgeLost',
  'detections',
]);
/** Results that may wait for the network before computing pauses. */
const UNSENT_RESULTS = 2;
const CLOCK_SAMPLES = 8;
const GATEWAY_PATIENCE_MS = 10_000;

export async function runEdge(config: EdgeConfig, context: RoleContext): Promise<void> {
  const network = await loadNetwork(config.work.model.cfg);
  const plan = planFusedTiles(network, config.work.grid, config.work.fusedLayers);
  const compute = await ComputeThread.open({
    engine: config.work.engine,
    model: config.work.model,
    from: 0,
    to: plan.fusedLayers,
    outputs: [plan.fusedLayers - 1],
    extent: 'tiled',
    threads: config.work.threads,
  });
  try {
    for (let round = 0; round < config.warmup; round++) await warmUp(compute, network, plan);
    await new Edge(config, context, network, plan, compute).run();
  } finally {
    await compute.close();
  }
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

class Edge {
  readonly #config: EdgeConfig;
  readonly #context: RoleContext;
  readonly #network: Network;
  readonly #plan: FusedPlan;
  readonly #compute: ComputeThread;
  readonly #statistics = new Statistics('edge');
  readonly #clock = new ClockSync();
  readonly #supply: FrameSupply;
  readonly #worker = new Worker<Job>(RESERVE);
  readonly #limits: FrameLimits;
  readonly #victims: Victims;
  #gateway: PeerSession | undefined;
  #listenPort = 0;
  #started = false;
  #over = false;
  #computing = false;
  #unsent = 0;
  #offerSequence = 0;
  #offering = false;
  #stealStartMs = 0;
  #finish: (error?: Error) => void = () => {};

  constructor(
    config: EdgeConfig,
    context: RoleContext,
    network: Network,
    plan: FusedPlan,
    compute: ComputeThread,
  ) {
    this.#config = config;
    this.#context = context;
    this.#network = network;
    this.#plan = plan;
    this.#compute = compute;
    this.#supply = new FrameSupply(config, network, plan, this.#statistics);
    this.#limits = { allows: () => true, payloadBytes: largestTileBytes(network, plan) };
    this.#victims = new Victims(
      { ...this.#peerOptions(), port: 0 },
      {
        onFrame: (victim, frame) => this.#onVictim(victim, frame),
        onGone: (victim) => this.#askAgain(victim),
      },
    );
  }

  /** Resolves when the gateway says that the trial is over; rejects when the gateway is lost. */
  async run(): Promise<void> {
    const { liveness } = this.#config;
    const listener = await listenAs(this.#config, this.#context, this.#statistics, {
      limits: this.#limits,
      admit: (hello) => (hello.role === 'edge' ? undefined : 'only edges steal'),
      onPeer: (session, hello) => this.#onThief(session, hello.name),
    });
    this.#listenPort = listener.endpoint.port;
    const over = new Promise<void>((resolve, reject) => {
      this.#finish = (error) => (error === undefined ? resolve() : reject(error));
    });
    over.catch(() => {});
    const heartbeat = setInterval(() => this.#beat(), liveness.heartbeatMs);
    try {
      await this.#join();
      this.#context.emit({ event: 'ready', ...listener.endpoint, pid: process.pid });
      await over;
    } finally {
      clearInterval(heartbeat);
      listener.close();
      this.#victims.close();
      this.#gateway?.end();
    }
    emitStatistics(this.#context, this.#statistics, this.#clock.offset);
  }

  #peerOptions() {
    const { security, run, name } = this.#config;
    const { signal } = this.#context;
    const { traffic } = this.#statistics;
    return { security, run, name, role: 'edge', limits: this.#limits, traffic, signal } as const;
  }

  async #join(): Promise<void> {
    const session = await connect({
      ...this.#peerOptions(),
      limits: {
        allows: (kind) => GATEWAY_KINDS.has(kind),
        payloadBytes: Number.POSITIVE_INFINITY,
      },
      endpoint: this.#config.gateway,
      port: this.#listenPort,
      patienceMs: GATEWAY_PATIENCE_MS,
    });
    this.#gateway = session;
    session.handle({
      onFrame: ({ message }) => this.#onGateway(message),
      onClose: () => void this.#rejoin(),
    });
    for (let sample = 0; sample < CLOCK_SAMPLES; sample++) this.#beat();
  }

  /**
   * A gateway that hung up has given this edge up, or is gone itself. What the edge held goes out
   * again from there, so it comes back with empty hands.
   */
  async #rejoin(): Promise<void> {
    if (this.#over || this.#context.signal.aborted) return;
    this.#context.log('lost the gateway; trying to join again');
    this.#worker.reset();
    this.#victims.hangUp();
    this.#supply.abandon();
    this.#started = false;
    this.#offering = false;
    try {
      await this.#join();
    } catch (error) {
      this.#finish(error as Error);
    }
  }

  #send(message: Message, payload?: Uint8Array): Promise<void> {
    return this.#gateway?.send(message, payload) ?? Promise.resolve();
  }

  #beat(): void {
    void this.#send({ kind: 'heartbeat', sentAtMs: monotonicMs() });
  }

  #onGateway(message: Message): void {
    switch (message.kind) {
      case 'heartbeatReply':
        this.#clock.sample(message.sentAtMs, message.repliedAtMs);
        break;
      case 'start':
        this.#started = true;
        this.#advance();
        break;
      case 'victim':
        if (!this.#worker.referred({ victim: message.name, sequence: message.sequence })) break;
        this.#stealStartMs = monotonicMs();
        void this.#victims.steal(message);
        break;
      case 'tileDone':
        this.#supply.complete(message);
        this.#advance();
        break;
      case 'detections':
        this.#supply.answered(message.frame);
        this.#advance();
        break;
      case 'edgeLost':
        this.#reissue(message.name);
        this.#advance();
        break;
      case 'stop':
        this.#over = true;
        this.#finish();
        break;
      default:
    }
  }

  /** Does whatever can be done now. Called after every event; it never waits. */
  #advance(): void {
    if (!this.#started) return;
    void this.#takeFrame();
    this.#updateOffer();
    this.#computeNext();
    if (this.#worker.shouldAsk(this.#supply.waiting + this.#supply.framesToCome)) {
      void this.#send({ kind: 'ask', emptyVictim: '', emptySequence: 0 });
    }
  }

  async #takeFrame(): Promise<void> {
    try {
      const taken = await this.#supply.takeFrame();
      if (taken === undefined) return;
      const { offsetMs } = this.#clock.offset;
      void this.#send({ kind: 'frameTaken', ...taken, takenAtMs: taken.takenAtMs + offsetMs });
    } catch (error) {
      this.#finish(error as Error);
      return;
    }
    this.#advance();
  }

  /** Tells the gateway when there begins, or ceases, to be something to steal. */
  #updateOffer(): void {
    const offering = this.#supply.waiting > 0;
    if (offering === this.#offering) return;
    this.#offering = offering;
    if (offering) this.#offerSequence++;
    const kind = offering ? 'offer' : 'withdraw';
    void this.#send({ kind, sequence: this.#offerSequence });
  }

  #computeNext(): void {
    if (this.#computing || this.#unsent >= UNSENT_RESULTS) return;
    const job = this.#supply.nextJob() ?? this.#worker.nextStolen();
    if (job === undefined) return;
    this.#computing = true;
    this.#updateOffer();
    this.#computeJob(job).catch((error) => this.#finish(error));
  }

  async #computeJob({ source, id, plan, input }: Job): Promise<void> {
    const surrounds = plan.layers.map(({ border }) => border);
    const { outputs, startMs, endMs, engineBytes } = await this.#compute.run({ input, surrounds });
    this.#computing = false;
    const own = source === this.#config.name;
    this.#statistics.engineBytes = engineBytes;
    this.#statistics.tilesComputed++;
    if (!own) this.#statistics.tilesStolen++;
    this.#statistics.span({ kind: 'compute', startMs, endMs, source, ...id });
    if (own) this.#supply.complete(id);
    const output = outputs[0]!;
    const payload = new Uint8Array(output.buffer, output.byteOffset, output.byteLength);
    this.#unsent++;
    const sent = this.#send({ kind: 'result', source, ...id }, payload);
    this.#advance();
    await sent;
    this.#unsent--;
    // What has left is dead here too: some three MiB at the peak (decision 0004).
    releaseDeadMaps('minor');
    this.#advance();
  }

  #reissue(edge: string): void {
    const count = this.#supply.loseEdge(edge);
    if (count > 0) this.#context.log(`${edge} is lost: ${count} tiles go out again`);
  }

  #onThief(session: PeerSession, thief: string): void {
    session.handle({
      onFrame: ({ message }) => {
        if (message.kind === 'steal') return this.#lend(session, thief);
        return undefined;
      },
      onClose: () => {
        // What was lent over this connection may never have arrived.
        this.#reissue(thief);
        this.#advance();
      },
    });
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
    const known = { network: this.#network, plan: this.#plan };
    const job = stolenJob(victim, message, payload, known);
    if (!this.#worker.received(victim, job)) return;
    const { frame, tile } = message;
    const startMs = this.#stealStartMs;
    const endMs = monotonicMs();
    this.#statistics.span({
      kind: 'transfer',
      startMs,
      endMs,
      source: victim,
      frame,
      tile,
      peer: victim,
    });
    this.#advance();
  }

  #askAgain(victim: string): void {
    const empty = this.#worker.foundEmpty(victim);
    if (empty === undefined) return;
    void this.#send({ kind: 'ask', emptyVictim: empty.victim, emptySequence: empty.sequence });
  }
}

/** The most that a peer may send at once: a tile's input as floats, or a whole output map. */
function largestTileBytes(network: Network, plan: FusedPlan): number {
  const inputs = plan.tiles.map(({ input }) => 3 * regionHeight(input) * regionWidth(input));
  const output = elements(network.layers[plan.fusedLayers - 1]!.output);
  return Float32Array.BYTES_PER_ELEMENT * Math.max(output, ...inputs);
}
