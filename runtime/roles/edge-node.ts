/**
 * What every edge is, however work is dealt: it joins the gateway, shows that it lives, listens for
 * other edges, comes back when it was given up, and tells its statistics at the end. What frames, tiles
 * and peers mean is its dealing's to know.
 */
import { monotonicMs } from '../clock.ts';
import { type ConnectOptions, connect } from '../net/connect.ts';
import type { Frame, FrameLimits } from '../net/frame.ts';
import type { Message, MessageKind } from '../net/messages.ts';
import type { PeerSession } from '../net/session.ts';
import { ClockSync } from './clock-sync.ts';
import type { EdgeConfig } from './config.ts';
import { GatewayWatch } from './gateway-watch.ts';
import { emitStatistics, listenAs, type RoleContext } from './role.ts';
import { Statistics } from './statistics.ts';

/** What the gateway may say to any edge. */
const NODE_KINDS: readonly MessageKind[] = [
  'welcome',
  'refused',
  'heartbeat',
  'heartbeatReply',
  'start',
  'stop',
  'detections',
];
const CLOCK_SAMPLES = 8;
const GATEWAY_PATIENCE_MS = 10_000;
/** An edge that was cut off comes back whenever it can; when the trial is over it is ended from outside. */
const REJOIN_PATIENCE_MS = 600_000;

/** One way of dealing work, seen from an edge. */
export interface EdgeDealing {
  /** What the gateway may say beside what it says to any edge. */
  readonly gatewayKinds: readonly MessageKind[];
  /** What other edges may send. */
  readonly peerLimits: FrameLimits;
  /** This edge is connected to the gateway, or connected again. It is ready when this is done. */
  joined?(): void | Promise<void>;
  /** Throws where a message may not carry so many bytes; asked before memory is taken for them. */
  checks?(message: Message, payloadBytes: number): void;
  /** Work may begin: at the start signal, and again after every return to the gateway. */
  start(): void;
  /** A message of one of `gatewayKinds`, or the detections of a frame of this edge. */
  onGateway(frame: Frame): void | Promise<void>;
  /** Another edge has connected. */
  onPeer(session: PeerSession, name: string): void;
  /** The gateway has given this edge up: what it held goes out again from there. */
  reset(): void;
  close(): void;
}

/** What a dealing may do with its node. */
export interface EdgePort {
  readonly config: EdgeConfig;
  readonly context: RoleContext;
  readonly statistics: Statistics;
  /** The gateway's clock minus this node's, as far as it is known. */
  readonly clockOffsetMs: number;
  /** To the gateway, one way: half of the best round trip so far. */
  readonly delayMs: number;
  /** To the gateway. Resolves when the connection takes more. */
  send(message: Message, payload?: Uint8Array): Promise<void>;
  /** How to connect to another edge, with limits for what it may send. */
  peerOptions(limits: FrameLimits): Omit<ConnectOptions, 'endpoint' | 'patienceMs'>;
  /** Ends the edge with an error. */
  fail(error: Error): void;
}

export class EdgeNode implements EdgePort {
  readonly config: EdgeConfig;
  readonly context: RoleContext;
  readonly statistics = new Statistics('edge');
  readonly #clock = new ClockSync();
  readonly #dealing: EdgeDealing;
  readonly #watch: GatewayWatch;
  /** Edges that have connected. */
  readonly #peers = new Set<PeerSession>();
  #gateway: PeerSession | undefined;
  #listenPort = 0;
  #over = false;
  #finish: (error?: Error) => void = () => {};

  constructor(config: EdgeConfig, context: RoleContext, dealing: (port: EdgePort) => EdgeDealing) {
    this.config = config;
    this.context = context;
    this.#watch = new GatewayWatch(config.liveness);
    this.#dealing = dealing(this);
  }

  /** Resolves when the gateway says that the trial is over; rejects when the gateway is lost. */
  async run(): Promise<void> {
    const listener = await listenAs(this.config, this.context, this.statistics, {
      limits: this.#dealing.peerLimits,
      admit: (hello) => (hello.role === 'edge' ? undefined : 'only edges have business here'),
      onPeer: (session, hello) => {
        for (const peer of this.#peers) if (peer.closed) this.#peers.delete(peer);
        this.#peers.add(session);
        this.#dealing.onPeer(session, hello.name);
      },
    });
    this.#listenPort = listener.endpoint.port;
    const over = new Promise<void>((resolve, reject) => {
      this.#finish = (error) => (error === undefined ? resolve() : reject(error));
    });
    over.catch(() => {});
    const heartbeat = setInterval(() => {
      const silence = this.#watch.silence();
      if (silence !== undefined) this.#gateway?.destroy(silence);
      this.#beat();
    }, this.config.liveness.heartbeatMs);
    try {
      await this.#join(GATEWAY_PATIENCE_MS);
      this.context.emit({ event: 'ready', ...listener.endpoint, pid: process.pid });
      await over;
    } finally {
      clearInterval(heartbeat);
      listener.close();
      this.#dealing.close();
      for (const session of this.#peers) session.takeLeave();
      this.#gateway?.end();
    }
    emitStatistics(this.context, this.statistics, this.#clock.offset);
  }

  get clockOffsetMs(): number {
    return this.#clock.offset.offsetMs;
  }

  get delayMs(): number {
    return this.#clock.offset.errorMs;
  }

  send(message: Message, payload?: Uint8Array): Promise<void> {
    return this.#gateway?.send(message, payload) ?? Promise.resolve();
  }

  fail(error: Error): void {
    this.#finish(error);
  }

  peerOptions(limits: FrameLimits) {
    const { security, run, name, listen, relay } = this.config;
    const { signal } = this.context;
    const { traffic } = this.statistics;
    const self = {
      name,
      role: 'edge',
      localAddress: listen.address,
      port: this.#listenPort,
    } as const;
    const way = relay === undefined ? {} : { relay };
    return { ...self, ...way, security, run, limits, traffic, signal };
  }

  async #join(patienceMs: number): Promise<void> {
    const kinds = new Set([...NODE_KINDS, ...this.#dealing.gatewayKinds]);
    const session = await connect({
      ...this.peerOptions({
        allows: (kind) => kinds.has(kind),
        payloadBytes: Number.POSITIVE_INFINITY,
        checks: (message, payloadBytes) => this.#dealing.checks?.(message, payloadBytes),
      }),
      endpoint: this.config.gateway,
      patienceMs,
    });
    this.#gateway = session;
    this.#watch.heard();
    session.handle({
      onFrame: (frame) => this.#onGateway(frame),
      onBytes: () => this.#watch.heard(),
      onClose: (error) => void this.#rejoin(error),
    });
    for (let sample = 0; sample < CLOCK_SAMPLES; sample++) this.#beat();
    await this.#dealing.joined?.();
  }

  /** A gateway that hung up has given this edge up, or is gone itself: the edge comes back with empty hands. */
  async #rejoin(error: Error | undefined): Promise<void> {
    if (this.#over || this.context.signal.aborted) return;
    const reason = error?.message ?? 'it closed the connection';
    this.context.log(`lost the gateway: ${reason}; trying to join again`);
    this.#dealing.reset();
    try {
      await this.#join(REJOIN_PATIENCE_MS);
    } catch (error) {
      this.#finish(error as Error);
    }
  }

  #beat(): void {
    void this.send({ kind: 'heartbeat', sentAtMs: monotonicMs() });
  }

  #onGateway(frame: Frame): void | Promise<void> {
    this.#watch.heard();
    const { message } = frame;
    switch (message.kind) {
      case 'heartbeat':
        return undefined;
      case 'heartbeatReply':
        return this.#clock.sample(message.sentAtMs, message.repliedAtMs);
      case 'start':
        return this.#dealing.start();
      case 'stop':
        this.#over = true;
        return this.#finish();
      default:
        return this.#dealing.onGateway(frame);
    }
  }
}
