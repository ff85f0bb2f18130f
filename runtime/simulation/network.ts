/**
 * What lies between simulated nodes: each node's link, a link between two of them, one medium for all.
 * Bytes go through each of these first come, first served, as fast as the slowest lets them; what fits in
 * a packet or two waits for nobody, as it would not on connections that share a link fairly.
 */
import { End, type Way } from './connection.ts';
import type { EventQueue } from './event-queue.ts';
import type { NodeLink, SimulatedNode } from './node.ts';

export interface NetworkShape {
  /** One half-duplex medium that everything passes. */
  readonly medium?: NodeLink | undefined;
  readonly pairs?: readonly {
    readonly between: readonly [string, string];
    readonly link: NodeLink;
  }[];
}

/** What a message is on the wire. */
export interface WireSize {
  readonly kind: string;
  readonly bytes: number;
}

const PACKETS_BYTES = 3000;
const HANDSHAKE_MESSAGES = 4;

export class SimulatedNetwork<Signal> {
  readonly #events: EventQueue;
  readonly #medium: NodeLink | undefined;
  readonly #pairs = new Map<string, NodeLink>();
  readonly #sizeOf: (signal: Signal) => WireSize;
  #mediumAtMs = 0;

  constructor(
    events: EventQueue,
    { medium, pairs = [] }: NetworkShape,
    sizeOf: (signal: Signal) => WireSize,
  ) {
    this.#events = events;
    this.#medium = medium;
    this.#sizeOf = sizeOf;
    for (const { between, link } of pairs) this.#pairs.set(pairName(...between), link);
  }

  /** As `connect`, while work is going on: the handshake is a few messages to and fro. */
  connectNow(near: SimulatedNode, far: SimulatedNode): readonly [End<Signal>, End<Signal>] {
    for (const node of [near, far]) node.handle(HANDSHAKE_MESSAGES * node.times.messageMs);
    return this.connect(near, far);
  }

  connect(near: SimulatedNode, far: SimulatedNode): readonly [End<Signal>, End<Signal>] {
    return End.pair(this.#events, {
      there: this.#way(near, far),
      back: this.#way(far, near),
      ending: () => ({ isTorn: false, delayMs: 0 }),
    });
  }

  /** One way, of a message without weight. */
  delayMs(from: SimulatedNode, to: SimulatedNode): number {
    const pair = this.#pairs.get(pairName(from.name, to.name));
    const delays = [from.link.delayMs, pair?.delayMs, this.#medium?.delayMs];
    return delays.reduce<number>((sum, ms = 0) => sum + ms, 0);
  }

  /** Bits a second of the slowest part of the way. */
  rate(from: SimulatedNode, to: SimulatedNode): number {
    const pair = this.#pairs.get(pairName(from.name, to.name));
    const rates = [from.link, to.link, pair, this.#medium].map((link) => link?.rateBitsPerSecond);
    return Math.min(...rates.map((rate = Number.POSITIVE_INFINITY) => rate));
  }

  #way(from: SimulatedNode, to: SimulatedNode): Way<Signal> {
    const delayMs = this.delayMs(from, to);
    const pairRate = this.#pairs.get(pairName(from.name, to.name))?.rateBitsPerSecond;
    const slowest = this.rate(from, to);
    let pairAtMs = 0;
    const handlingMs = ({ times }: SimulatedNode, bytes: number) =>
      times.messageMs + times.messageMsPerByte * bytes;
    return {
      carry: (signal) => {
        const { kind, bytes } = this.#sizeOf(signal);
        from.count(kind, bytes);
        to.bytesReceived += bytes;
        if (kind === 'halos') to.receivedHalos += bytes;
        const readyMs = from.handle(handlingMs(from, bytes));
        const waits = bytes > PACKETS_BYTES;
        const startMs = waits
          ? Math.max(readyMs, from.sendsAtMs, to.takesAtMs, pairAtMs, this.#mediumAtMs)
          : readyMs;
        const leftAtMs = startMs + lengthMs(bytes, slowest);
        from.sendsAtMs = later(from.sendsAtMs, startMs, bytes, from.link.rateBitsPerSecond);
        to.takesAtMs = later(to.takesAtMs, startMs, bytes, to.link.rateBitsPerSecond);
        pairAtMs = later(pairAtMs, startMs, bytes, pairRate);
        if (this.#medium !== undefined) {
          // Nobody else sends while a slow node does.
          this.#mediumAtMs = later(this.#mediumAtMs, startMs, bytes, slowest);
        }
        return { leftAtMs, arrivesAtMs: leftAtMs + delayMs };
      },
      deliver: (signal, happen) => {
        const handledMs = to.handle(handlingMs(to, this.#sizeOf(signal).bytes));
        if (handledMs <= this.#events.nowMs()) happen();
        else this.#events.at(handledMs, happen);
      },
    };
  }
}

function later(freeMs: number, startMs: number, bytes: number, rate: number | undefined): number {
  return rate === undefined ? freeMs : Math.max(freeMs, startMs) + lengthMs(bytes, rate);
}

function lengthMs(bytes: number, bitsPerSecond: number): number {
  return (8000 * bytes) / bitsPerSecond;
}

function pairName(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
