/**
 * What every gateway is, however work is dealt: it admits edges and the host, drops those that fall
 * silent, runs the layers behind the fused ones on merged maps, and tells the host what comes of every
 * frame. How a frame's map comes about is its dealing's to know.
 */
import { createHash } from 'node:crypto';
import { monotonicMs } from '../clock.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { Frame, FrameLimits } from '../net/frame.ts';
import type { Message, MessageKind, MessageOf } from '../net/messages.ts';
import type { PeerSession } from '../net/session.ts';
import type { FrameId } from '../schedule/collector.ts';
import { Liveness } from '../schedule/liveness.ts';
import type { GatewayConfig } from './config.ts';
import type { RoleEvent } from './events.ts';
import type { Finisher } from './finisher.ts';
import type { TakenFrame } from './frame-assembly.ts';
import { GatewayBeats } from './gateway-beats.ts';
import { emitStatistics, listenAs, OWN_CLOCK, type RoleContext } from './role.ts';
import { Statistics } from './statistics.ts';

/** Of a frame, the most probable first: what untrained weights find would fill any message. */
const MAX_DETECTIONS = 10_000;
/** Between two looks at who has been silent for too long. */
const LOOK_MS = 50;

const HOST_KINDS: ReadonlySet<MessageKind> = new Set(['start', 'stop', 'heartbeat']);
const HOST_LIMITS: FrameLimits = { allows: (kind) => HOST_KINDS.has(kind), payloadBytes: 0 };

/** One way of dealing work, seen from the gateway. */
export interface GatewayDealing {
  /** What edges may send. */
  readonly limits: FrameLimits;
  /** The start signal has come; edges that are there have been told. */
  start(): void;
  /** An edge has joined, or joined again. */
  join(edge: string): void;
  /** An edge is gone. Returns its frames that will never complete. */
  lose(edge: string): readonly FrameId[];
  onEdge(edge: string, frame: Frame): void | Promise<void>;
  /** The frame's detections have been sent. */
  finished(id: FrameId): void;
  /** Every frame is finished or lost. */
  readonly done: boolean;
}

/** What a dealing may do with its node. */
export interface GatewayPort {
  readonly config: GatewayConfig;
  readonly statistics: Statistics;
  readonly log: (line: string) => void;
  readonly emit: (event: RoleEvent) => void;
  /** Names of the edges that are connected. */
  readonly edges: readonly string[];
  /** Where a connected edge listens. */
  endpointOf(edge: string): Endpoint | undefined;
  /** Resolves when the connection takes more; at once where the edge is gone. */
  send(edge: string, message: Message, payload?: Uint8Array): Promise<void>;
  /** Takes a merged map over, runs the rest of the network, and tells host and source. */
  finish(id: FrameId, map: Float32Array, taken: TakenFrame): void;
}

interface EdgePeer extends Endpoint {
  readonly session: PeerSession;
}

export class GatewayNode implements GatewayPort {
  readonly config: GatewayConfig;
  readonly statistics = new Statistics('gateway');
  readonly log: (line: string) => void;
  readonly emit: (event: RoleEvent) => void;
  readonly #context: RoleContext;
  readonly #finisher: Finisher;
  readonly #dealing: GatewayDealing;
  readonly #liveness: Liveness;
  readonly #beats = new GatewayBeats();
  readonly #edges = new Map<string, EdgePeer>();
  #host: PeerSession | undefined;
  #startedAtMs: number | undefined;
  #watchedAtMs = monotonicMs();
  #trustUntilMs = 0;
  #finished = false;
  #end: () => void = () => {};
  #fail: (error: Error) => void = () => {};

  constructor(
    config: GatewayConfig,
    context: RoleContext,
    finisher: Finisher,
    dealing: (port: GatewayPort) => GatewayDealing,
  ) {
    this.config = config;
    this.log = context.log;
    this.emit = context.emit;
    this.#context = context;
    this.#finisher = finisher;
    this.#liveness = new Liveness(config.liveness.lostAfterMs);
    this.#dealing = dealing(this);
  }

  /** Resolves when the host ends the trial. */
  async run(): Promise<void> {
    const over = new Promise<void>((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    const listener = await listenAs(this.config, this.#context, this.statistics, {
      limits: this.#dealing.limits,
      admit: (hello) => this.#admit(hello),
      onPeer: (session, hello) => this.#onPeer(session, hello),
    });
    const watch = setInterval(() => this.#dropSilent(), LOOK_MS);
    const beat = setInterval(() => this.#beat(), this.config.liveness.heartbeatMs);
    this.#context.emit({ event: 'ready', ...listener.endpoint, pid: process.pid });
    try {
      await over;
    } finally {
      clearInterval(watch);
      clearInterval(beat);
      listener.close();
      for (const { session } of this.#edges.values()) session.takeLeave();
    }
    this.statistics.engineBytes = this.#finisher.engineBytes;
    emitStatistics(this.#context, this.statistics, OWN_CLOCK);
    this.#host?.end();
  }

  get edges(): readonly string[] {
    return [...this.#edges.keys()];
  }

  endpointOf(edge: string): Endpoint | undefined {
    return this.#edges.get(edge);
  }

  send(edge: string, message: Message, payload?: Uint8Array): Promise<void> {
    return this.#edges.get(edge)?.session.send(message, payload) ?? Promise.resolve();
  }

  finish(id: FrameId, map: Float32Array, taken: TakenFrame): void {
    this.#finishFrame(id, map, taken).catch(this.#fail);
  }

  #admit({ name, role }: MessageOf<'hello'>): string | undefined {
    if (role === 'host') return this.#host === undefined ? undefined : 'there is a host already';
    if (role !== 'edge') return `a ${role} has no place here`;
    return this.config.edges.some((edge) => edge.name === name)
      ? undefined
      : `${name} is no edge of this run`;
  }

  #onPeer(session: PeerSession, { name, role, port }: MessageOf<'hello'>): void {
    if (role === 'host') {
      this.#host = session;
      session.setLimits(HOST_LIMITS);
      session.handle({
        onFrame: ({ message }) =>
          message.kind === 'heartbeat'
            ? this.#beats.answer(session, message)
            : this.#onHost(message),
        onClose: () => this.#end(),
      });
      return;
    }
    const { address } = this.config.edges.find((edge) => edge.name === name)!;
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
      // On a slow link a heartbeat may wait for seconds behind a tile or a picture.
      onBytes: () => {
        if (this.#edges.get(name)?.session === session) this.#liveness.seen(name, monotonicMs());
      },
      onClose: (error) => {
        this.statistics.countRefusal(error);
        this.#loseEdge(name, session, error?.message ?? 'closed its connection');
      },
    });
    if (this.#startedAtMs !== undefined) {
      void session.send({ kind: 'start' });
      void this.#host?.send({ kind: 'nodeJoined', name, joinedAtMs: monotonicMs() });
    }
    this.#dealing.join(name);
  }

  #onHost(message: Message): void {
    if (message.kind === 'stop') {
      for (const { session } of this.#edges.values()) void session.send({ kind: 'stop' });
      this.#end();
    }
    if (message.kind !== 'start' || this.#startedAtMs !== undefined) return;
    this.#startedAtMs = monotonicMs();
    this.#context.emit({ event: 'started', atMs: this.#startedAtMs });
    // A source that never came has lost its frames before it took them.
    for (const { name, frames } of this.config.edges) {
      if (frames > 0 && !this.#edges.has(name)) {
        this.#tellLost(this.#dealing.lose(name), 'never joined');
      }
    }
    for (const { session } of this.#edges.values()) void session.send({ kind: 'start' });
    this.#dealing.start();
    this.#finishIfDone();
  }

  #onEdge(edge: string, session: PeerSession, frame: Frame): void | Promise<void> {
    this.#liveness.seen(edge, monotonicMs());
    const { message } = frame;
    if (message.kind !== 'heartbeat') return this.#dealing.onEdge(edge, frame);
    return this.#beats.answer(session, message);
  }

  #beat(): void {
    for (const { session } of this.#edges.values()) this.#beats.beat(session);
    if (this.#host !== undefined) this.#beats.beat(this.#host);
  }

  async #finishFrame(id: FrameId, map: Float32Array, taken: TakenFrame): Promise<void> {
    const { detections, spans, lastMap } = await this.#finisher.finish(map, taken);
    for (const span of spans) this.statistics.span({ ...span, ...id });
    const latencyMs = Math.max(0, monotonicMs() - taken.arrivedAtMs);
    const message = { kind: 'detections', ...id, latencyMs, mapDigest: '' } as const;
    const payload = Buffer.from(JSON.stringify(detections.slice(0, MAX_DETECTIONS)));
    // The source waits for it; only the host wants to know whether the map is right.
    void this.send(id.source, message, payload);
    const mapDigest = lastMap === undefined ? '' : digestOf(lastMap);
    void this.#host?.send({ ...message, mapDigest }, payload);
    this.#dealing.finished(id);
    this.#finishIfDone();
  }

  /**
   * A gateway that was itself held up finds heartbeats waiting that it has not read yet: silence counts
   * only while it could have heard.
   */
  #dropSilent(): void {
    const nowMs = monotonicMs();
    if (nowMs - this.#watchedAtMs > this.config.liveness.heartbeatMs) {
      this.#trustUntilMs = nowMs + this.config.liveness.heartbeatMs;
    }
    this.#watchedAtMs = nowMs;
    if (nowMs < this.#trustUntilMs) return;
    for (const name of this.#liveness.lost(nowMs)) {
      const session = this.#edges.get(name)?.session;
      session?.destroy(new Error(`sent no heartbeat for ${this.config.liveness.lostAfterMs} ms`));
    }
  }

  #loseEdge(name: string, session: PeerSession, reason: string): void {
    if (this.#edges.get(name)?.session !== session) return;
    this.#edges.delete(name);
    this.#liveness.forget(name);
    const frames = this.#dealing.lose(name);
    if (this.#finished) return;
    this.log(`lost ${name}: ${reason}`);
    void this.#host?.send({ kind: 'nodeLost', name, reason, lostAtMs: monotonicMs() });
    this.#tellLost(frames, `its source was lost: ${reason}`);
    this.#finishIfDone();
  }

  #tellLost(frames: readonly FrameId[], reason: string): void {
    for (const id of frames) void this.#host?.send({ kind: 'frameLost', ...id, reason });
  }

  #finishIfDone(): void {
    if (this.#finished || this.#startedAtMs === undefined || !this.#dealing.done) return;
    this.#finished = true;
    void this.#host?.send({ kind: 'finished', makespanMs: monotonicMs() - this.#startedAtMs });
  }
}

function digestOf(map: Float32Array): string {
  return createHash('sha256').update(map).digest('hex');
}
