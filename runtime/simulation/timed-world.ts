/** The world of a simulated trial: its nodes, their connections, and what there is to tell of it at the end. */

import type { Transfer } from '../net/frame.ts';
import type { KindTraffic } from '../net/traffic.ts';
import type { Span } from '../roles/events.ts';
import type { FrameId } from '../schedule/collector.ts';
import type { End } from './connection.ts';
import type { Notes } from './devices.ts';
import { EventQueue } from './event-queue.ts';
import { SimulatedNetwork, type WireSize } from './network.ts';
import { SimulatedNode } from './node.ts';
import type { SimulatedTrial } from './simulated-trial.ts';
import type { EdgeWorld, GatewayWorld } from './world.ts';

export interface SimulatedFrame extends FrameId {
  readonly latencyMs: number;
}

export interface SimulatedNodeOutcome {
  readonly role: 'gateway' | 'edge';
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly sentByKind: Readonly<Record<string, KindTraffic>>;
  readonly tilesComputed: number;
  readonly tilesStolen: number;
  readonly computeMs: number;
  readonly multiplyAccumulates: number;
  /** Of its halos, what came from others. */
  readonly haloBytesReceived: number;
}

export interface SimulatedOutcome {
  /** From the start signal to the last frame's detections. */
  readonly makespanMs: number;
  readonly frames: readonly SimulatedFrame[];
  readonly nodes: ReadonlyMap<string, SimulatedNodeOutcome>;
  readonly spans: readonly (Span & { readonly node: string })[];
  /** Of tiles or parts that were merged at the gateway. */
  readonly merged: number;
}

/** Where nobody fails nobody is waited for so long. */
const PATIENCE_MS = 1e12;

export class TimedWorld<Signal extends { readonly kind: string }>
  implements GatewayWorld, EdgeWorld<Signal>
{
  readonly events = new EventQueue();
  readonly #network: SimulatedNetwork<Signal>;
  readonly #sizeOf: (signal: Signal) => WireSize;
  readonly #gateway: SimulatedNode;
  readonly #finishMs: number;
  readonly #nodes = new Map<string, SimulatedNode>();
  readonly #counts = new Map<string, { tiles: number; stolen: number; operations: number }>();
  readonly #accepts = new Map<string, (from: string, end: End<Signal>) => void>();
  #acceptAtGateway: ((edge: string, end: End<Signal>) => void) | undefined;
  readonly #frames: SimulatedFrame[] = [];
  readonly #spans: (Span & { readonly node: string })[] = [];
  readonly #keepsSpans: boolean;
  /** One frame after the other goes through the layers behind the fused ones. */
  #finisherFreeMs = 0;
  #merged = 0;
  #makespanMs = 0;

  constructor(trial: SimulatedTrial, sizeOf: (signal: Signal) => WireSize) {
    this.#network = new SimulatedNetwork(this.events, trial, sizeOf);
    this.#sizeOf = sizeOf;
    this.#finishMs = trial.gateway.finishMs;
    this.#keepsSpans = trial.spans;
    this.#gateway = new SimulatedNode(
      trial.gateway.name,
      this.events,
      trial.gateway.times,
      trial.gateway,
    );
    for (const edge of trial.edges) {
      this.#nodes.set(edge.name, new SimulatedNode(edge.name, this.events, edge.times, edge));
      this.#counts.set(edge.name, { tiles: 0, stolen: 0, operations: 0 });
    }
  }

  connectGateway(accept: (edge: string, end: End<Signal>) => void): void {
    this.#acceptAtGateway = accept;
  }

  add(name: string, accept: (from: string, end: End<Signal>) => void): void {
    this.#accepts.set(name, accept);
  }

  node(name: string): SimulatedNode {
    return this.#nodes.get(name)!;
  }

  readonly notes: Notes = {
    computed: (node, source, operations) => {
      const counts = this.#counts.get(node.name)!;
      counts.tiles++;
      counts.operations += operations;
      if (source !== node.name) counts.stolen++;
    },
    span: (node, span) => {
      if (this.#keepsSpans) this.#spans.push({ ...span, node: node.name });
    },
  };

  joinGateway(edge: string): End<Signal> {
    const [near, far] = this.#network.connect(this.node(edge), this.#gateway);
    this.#acceptAtGateway!(edge, far);
    return near;
  }

  connectTo(peer: string, from: string): End<Signal> {
    const [near, far] = this.#network.connectNow(this.node(from), this.node(peer));
    this.#accepts.get(peer)!(from, far);
    return near;
  }

  patienceMs = () => PATIENCE_MS;

  rejoinMs = () => 0;

  delayMs(edge: string): number {
    return this.#network.delayMs(this.node(edge), this.#gateway);
  }

  /** Bits a second to the gateway; undefined where nothing limits it. */
  rateTo(edge: string): number | undefined {
    const rate = this.#network.rate(this.node(edge), this.#gateway);
    return Number.isFinite(rate) ? rate : undefined;
  }

  transferOf(edge: string, signal: Signal): Transfer | undefined {
    const rate = this.rateTo(edge);
    if (rate === undefined) return undefined;
    const { bytes } = this.#sizeOf(signal);
    return { bytes, ms: (8000 * bytes) / rate };
  }

  finish(id: FrameId, done: () => void): void {
    const startMs = Math.max(this.events.nowMs(), this.#finisherFreeMs);
    const endMs = startMs + this.#finishMs;
    this.#finisherFreeMs = endMs;
    this.notes.span(this.#gateway, { kind: 'finish', startMs, endMs, ...id });
    this.events.at(endMs, done);
  }

  merged(): void {
    this.#merged++;
  }

  finished(id: FrameId, arrivedAtMs: number): void {
    this.#makespanMs = this.events.nowMs();
    this.#frames.push({ ...id, latencyMs: this.#makespanMs - arrivedAtMs });
  }

  outcome(): SimulatedOutcome {
    const nodes = new Map<string, SimulatedNodeOutcome>();
    for (const node of [this.#gateway, ...this.#nodes.values()]) {
      const { tiles = 0, stolen = 0, operations = 0 } = this.#counts.get(node.name) ?? {};
      nodes.set(node.name, {
        role: node === this.#gateway ? 'gateway' : 'edge',
        bytesSent: node.bytesSent,
        bytesReceived: node.bytesReceived,
        sentByKind: node.sentByKind,
        tilesComputed: tiles,
        tilesStolen: stolen,
        computeMs: node === this.#gateway ? 0 : node.computeMs,
        multiplyAccumulates: operations,
        haloBytesReceived: node.receivedHalos,
      });
    }
    return {
      makespanMs: this.#makespanMs,
      frames: this.#frames,
      nodes,
      spans: this.#spans,
      merged: this.#merged,
    };
  }
}
