/**
 * The gateway: brokers stealing, collects and merges tiles, runs the layers behind the fused ones and
 * decodes detections. Which tile counts and who steals from whom is decided in runtime/schedule.
 */
import { monotonicMs } from '../clock.ts';
import { TilebedError } from '../errors.ts';
import { loadNetwork } from '../model/load.ts';
import { elements, type Network } from '../model/network.ts';
import type { Frame, FrameLimits } from '../net/frame.ts';
import type { MessageOf } from '../net/messages.ts';
import type { PeerSession } from '../net/session.ts';
import { planFusedTiles } from '../partition/ftp.ts';
import type { FusedPlan } from '../partition/plan.ts';
import { Broker, type Referral } from '../schedule/broker.ts';
import { Collector, type FrameId } from '../schedule/collector.ts';
import { Liveness } from '../schedule/liveness.ts';
import type { GatewayConfig } from './config.ts';
import { Finisher } from './finisher.ts';
import { FrameAssembly } from './frame-assembly.ts';
import { emitStatistics, listenAs, OWN_CLOCK, type RoleContext, timed } from './role.ts';
import { Statistics } from './statistics.ts';

/** Of a frame, the most probable first: what untrained weights find would fill any message. */
const MAX_DETECTIONS = 10_000;

/** Results that overtake their frame are few, and must not fill the memory. */
const MAX_EARLY_RESULTS = 64;

interface EdgePeer {
  readonly session: PeerSession;
  readonly address: string;
  readonly port: number;
}

interface EarlyResult {
  readonly edge: string;
  readonly result: MessageOf<'result'>;
  readonly payload: Uint8Array;
}

export async function runGateway(config: GatewayConfig, context: RoleContext): Promise<void> {
  const network = await loadNetwork(config.work.model.cfg);
  const plan = planFusedTiles(network, config.work.grid, config.work.fusedLayers);
  const finisher = await Finisher.open(network, config);
  try {
    await new Gateway(config, context, network, plan, finisher).run();
  } finally {
    await finisher.close();
  }
}

class Gateway {
  readonly #config: GatewayConfig;
  readonly #context: RoleContext;
  readonly #plan: FusedPlan;
  readonly #finisher: Finisher;
  readonly #statistics = new Statistics('gateway');
  readonly #broker = new Broker();
  readonly #collector: Collector;
  readonly #liveness: Liveness;
  readonly #assembly: FrameAssembly;
  readonly #edges = new Map<string, EdgePeer>();
  /** Results that overtook, on their thieves' connections, what their source says of the frame. */
  #early: EarlyResult[] = [];
  readonly #limits: FrameLimits;
  #host: PeerSession | undefined;
  #startedAtMs: number | undefined;
  #watchedAtMs = monotonicMs();
  #finished = false;
  #end: () => void = () => {};
  #fail: (error: Error) => void = () => {};

  constructor(
    config: GatewayConfig,
    context: RoleContext,
    network: Network,
    plan: FusedPlan,
    finisher: Finisher,
  ) {
    this.#config = config;
    this.#context = context;
    this.#plan = plan;
    this.#finisher = finisher;
    const merged = network.layers[plan.fusedLayers - 1]!.output;
    this.#assembly = new FrameAssembly(plan, merged);
    this.#collector = new Collector(
      plan.tiles.length,
      new Map(config.edges.map(({ name, frames }) => [name, frames])),
    );
    this.#liveness = new Liveness(config.liveness.lostAfterMs);
    this.#limits = {
      allows: () => true,
      payloadBytes: elements(merged) * Float32Array.BYTES_PER_ELEMENT,
    };
  }

  /** Resolves when the host ends the trial. */
  async run(): Promise<void> {
    const { liveness } = this.#config;
    const over = new Promise<void>((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    const listener = await listenAs(this.#config, this.#context, this.#statistics, {
      limits: this.#limits,
      admit: (hello) => this.#admit(hello),
      onPeer: (session, hello) => this.#onPeer(session, hello),
    });
    const watch = setInterval(() => this.#dropSilent(), liveness.heartbeatMs);
    this.#context.emit({ event: 'ready', ...listener.endpoint, pid: process.pid });
    try {
      await over;
    } finally {
      clearInterval(watch);
      listener.close();
      for (const { session } of this.#edges.values()) session.end();
    }
    this.#statistics.engineBytes = this.#finisher.engineBytes;
    emitStatistics(this.#context, this.#statistics, OWN_CLOCK);
    this.#host?.end();
  }

  #admit({ name, role }: MessageOf<'hello'>): string | undefined {
    if (role === 'host') return this.#host === undefined ? undefined : 'there is a host already';
    if (role !== 'edge') return `a ${role} has no place here`;
    return this.#config.edges.some((edge) => edge.name === name)
      ? undefined
      : `${name} is no edge of this run`;
  }

  #onPeer(session: PeerSession, { name, role, port }: MessageOf<'hello'>): void {
    if (role === 'host') {
      this.#host = session;
      session.handle({ onFrame: (frame) => this.#onHost(frame), onClose: () => this.#end() });
      return;
    }
    const { address } = this.#config.edges.find((edge) => edge.name === name)!;
    // An edge may see its connection break, and come back, before the gateway sees anything.
    const before = this.#edges.get(name)?.session;
    if (before !== undefined) {
      this.#loseEdge(name, before, 'connected again');
      before.destroy();
    }
    this.#edges.set(name, { session, address, port });
    this.#liveness.seen(name, monotonicMs());
    session.handle({
      onFrame: (frame) => this.#onEdge(name, session, frame),
      onClose: (error) => this.#loseEdge(name, session, error?.message ?? 'closed its connection'),
    });
    if (this.#startedAtMs !== undefined) void session.send({ kind: 'start' });
  }

  #onHost({ message }: Frame): void {
    if (message.kind === 'stop') {
      for (const { session } of this.#edges.values()) void session.send({ kind: 'stop' });
      this.#end();
    }
    if (message.kind !== 'start' || this.#startedAtMs !== undefined) return;
    this.#startedAtMs = monotonicMs();
    this.#context.emit({ event: 'started', atMs: this.#startedAtMs });
    // A source that never came has lost its frames before it took them.
    for (const { name, frames } of this.#config.edges) {
      if (frames > 0 && !this.#edges.has(name)) this.#loseFrames(name, 'never joined');
    }
    for (const { session } of this.#edges.values()) void session.send({ kind: 'start' });
    this.#finishIfDone();
  }

  #onEdge(edge: string, session: PeerSession, { message, payload }: Frame): void {
    this.#liveness.seen(edge, monotonicMs());
    switch (message.kind) {
      case 'heartbeat': {
        const { sentAtMs } = message;
        void session.send({ kind: 'heartbeatReply', sentAtMs, repliedAtMs: monotonicMs() });
        break;
      }
      case 'frameTaken':
        if (this.#collector.takeFrame({ source: edge, frame: message.frame })) {
          this.#assembly.begin(edge, message);
          this.#bringEarlyResults();
        }
        break;
      case 'offer':
        this.#refer(this.#broker.offer(edge, message.sequence));
        break;
      case 'withdraw':
        this.#broker.withdraw(edge, message.sequence);
        break;
      case 'ask': {
        const { emptyVictim, emptySequence } = message;
        const empty =
          emptyVictim === '' ? undefined : { victim: emptyVictim, sequence: emptySequence };
        this.#refer(this.#broker.ask(edge, empty));
        break;
      }
      case 'result':
        this.#onResult(edge, message, payload);
        break;
      default:
    }
  }

  #refer(referrals: readonly Referral[]): void {
    for (const { thief, offer } of referrals) {
      const victim = this.#edges.get(offer.victim)!;
      void this.#edges.get(thief)?.session.send({
        kind: 'victim',
        name: offer.victim,
        address: victim.address,
        port: victim.port,
        sequence: offer.sequence,
      });
    }
  }

  #onResult(edge: string, result: MessageOf<'result'>, payload: Uint8Array): void {
    const { source, frame, tile } = result;
    const id = { source, frame };
    const plan = this.#plan.tiles[tile];
    if (plan !== undefined) this.#assembly.check(plan, payload);
    const arrival = this.#collector.arrive(id, tile);
    if (arrival === 'unknown') {
      this.#context.log(`${edge} sent tile ${tile} of no frame`);
      return;
    }
    if (arrival === 'early') {
      if (this.#early.length >= MAX_EARLY_RESULTS) {
        throw new TilebedError('PROTOCOL', `${edge} sends results of frames that nobody has taken`);
      }
      this.#early.push({ edge, result, payload });
      return;
    }
    if (edge !== source)
      void this.#edges.get(source)?.session.send({ kind: 'tileDone', frame, tile });
    if (arrival === 'duplicate') return;
    const { startMs, endMs } = timed(() => this.#assembly.add(id, plan!, payload));
    this.#statistics.span({ kind: 'merge', startMs, endMs, ...id, tile, peer: edge });
    if (arrival === 'last') this.#finishFrame(id).catch(this.#fail);
  }

  #bringEarlyResults(): void {
    const early = this.#early;
    this.#early = [];
    for (const { edge, result, payload } of early) this.#onResult(edge, result, payload);
  }

  async #finishFrame(id: FrameId): Promise<void> {
    const { map, taken } = this.#assembly.take(id);
    const { detections, spans } = await this.#finisher.finish(map, taken);
    for (const span of spans) this.#statistics.span({ ...span, ...id });
    const latencyMs = Math.max(0, monotonicMs() - taken.takenAtMs);
    this.#collector.finish(id);
    const message = { kind: 'detections', ...id, latencyMs } as const;
    const payload = Buffer.from(JSON.stringify(detections.slice(0, MAX_DETECTIONS)));
    void this.#host?.send(message, payload);
    void this.#edges.get(id.source)?.session.send(message, payload);
    this.#finishIfDone();
  }

  /**
   * A gateway that was itself held up finds heartbeats waiting that it has not read yet: silence counts
   * only while it could have heard.
   */
  #dropSilent(): void {
    const nowMs = monotonicMs();
    const heldUpMs = nowMs - this.#watchedAtMs - this.#config.liveness.heartbeatMs;
    this.#watchedAtMs = nowMs;
    if (heldUpMs > this.#config.liveness.heartbeatMs) return;
    for (const name of this.#liveness.lost(nowMs)) {
      const session = this.#edges.get(name)?.session;
      session?.destroy(new Error(`sent no heartbeat for ${this.#config.liveness.lostAfterMs} ms`));
    }
  }

  #loseEdge(name: string, session: PeerSession, reason: string): void {
    if (this.#edges.get(name)?.session !== session) return;
    this.#edges.delete(name);
    this.#liveness.forget(name);
    this.#broker.leave(name);
    if (this.#finished) return;
    this.#context.log(`lost ${name}: ${reason}`);
    void this.#host?.send({ kind: 'nodeLost', name, reason });
    for (const other of this.#edges.values()) void other.session.send({ kind: 'edgeLost', name });
    this.#loseFrames(name, `its source was lost: ${reason}`);
    this.#finishIfDone();
  }

  #loseFrames(source: string, reason: string): void {
    for (const id of this.#collector.loseSource(source)) {
      this.#assembly.drop(id);
      void this.#host?.send({ kind: 'frameLost', ...id, reason });
    }
  }

  #finishIfDone(): void {
    if (this.#finished || this.#startedAtMs === undefined || !this.#collector.done) return;
    this.#finished = true;
    void this.#host?.send({ kind: 'finished', makespanMs: monotonicMs() - this.#startedAtMs });
  }
}
