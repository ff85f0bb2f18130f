/** A world in which everything takes a random time and connections tear: for tests of interleavings. */
import type { FrameId } from '../schedule/collector.ts';
import { End } from '../simulation/connection.ts';
import { EventQueue } from '../simulation/event-queue.ts';
import type { Device, EdgeWorld, GatewayWorld } from '../simulation/world.ts';
import { below, type Random } from './random.ts';

interface Peer<Signal> {
  readonly alive: boolean;
  /** Somebody has connected. */
  accept(from: string, end: End<Signal>): void;
}

export class RandomWorld<Signal> implements GatewayWorld, EdgeWorld<Signal> {
  readonly events = new EventQueue();
  readonly #random: Random;
  readonly #slownessMs: number;
  readonly #peers = new Map<string, Peer<Signal>>();
  #gateway: ((edge: string, end: End<Signal>) => void) | undefined;
  /** How often each tile or part was merged, by `source/frame/tile`. */
  readonly mergedTiles = new Map<string, number>();
  /** How often each frame was finished, by `source/frame`. */
  readonly finishedFrames = new Map<string, number>();

  constructor(random: Random) {
    this.#random = random;
    this.#slownessMs = [0, 3, 30, 200][below(random, 4)]!;
  }

  connectGateway(accept: (edge: string, end: End<Signal>) => void): void {
    this.#gateway = accept;
  }

  add(name: string, peer: Peer<Signal>): void {
    this.#peers.set(name, peer);
  }

  /** @param mostMs that a run takes */
  device<Task>(mostMs: number): Device<Task> {
    return {
      read: (done) => {
        this.events.after(this.#upTo(5), done);
      },
      cut: () => {},
      compute: (_, done) => {
        const startMs = this.events.nowMs();
        this.events.after(this.#upTo(mostMs), () => done(startMs, this.events.nowMs()));
      },
    };
  }

  joinGateway(edge: string): End<Signal> {
    const [near, far] = this.#pair();
    this.#gateway!(edge, far);
    return near;
  }

  connectTo(peer: string, from: string): End<Signal> | undefined {
    const found = this.#peers.get(peer)!;
    if (!found.alive) return undefined;
    const [near, far] = this.#pair();
    found.accept(from, far);
    return near;
  }

  patienceMs = () => this.#upTo(60);

  rejoinMs = () => this.#upTo(30);

  delayMs(): number {
    return 0;
  }

  transferOf(): undefined {
    return undefined;
  }

  finish(_: FrameId, done: () => void): void {
    this.events.after(this.#upTo(20), done);
  }

  merged(_: string, { source, frame }: FrameId, tile: number): void {
    count(this.mergedTiles, `${source}/${frame}/${tile}`);
  }

  finished({ source, frame }: FrameId): void {
    count(this.finishedFrames, `${source}/${frame}`);
  }

  #pair(): readonly [End<Signal>, End<Signal>] {
    // One connection may be fast where all others are slow: much overtakes then.
    const slownessMs = below(this.#random, 4) === 0 ? 1 : this.#slownessMs;
    const carry = () => {
      const nowMs = this.events.nowMs();
      return {
        leftAtMs: nowMs + this.#upTo(10),
        arrivesAtMs: nowMs + this.#upTo(slownessMs),
      };
    };
    const ending = () => ({
      isTorn: below(this.#random, 2) === 0,
      delayMs: this.#upTo(slownessMs),
    });
    return End.pair(this.events, { there: { carry }, back: { carry }, ending });
  }

  #upTo(mostMs: number): number {
    return below(this.#random, mostMs + 1);
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
