/** An edge's connections to other edges (roles/peers.ts), on simulated time. */
import { below, type Random } from './random.ts';
import type { Signal } from './simulated-gateway.ts';
import type { End, EventQueue } from './simulated-network.ts';

/** One that does not answer is given up after a while. */
const PATIENCE_MS = 40;

interface World {
  readonly events: EventQueue;
  readonly random: Random;
  /** Undefined where nobody answers. */
  connectTo(peer: string, from: string): End<Signal> | undefined;
}

interface Handlers {
  readonly isAlive: () => boolean;
  readonly onAnswer: (peer: string, signal: Signal) => void;
  readonly onGone: (peer: string) => void;
}

export class SimulatedPeers {
  readonly #name: string;
  readonly #world: World;
  readonly #handlers: Handlers;
  readonly #ends = new Map<string, End<Signal>>();

  constructor(name: string, world: World, handlers: Handlers) {
    this.#name = name;
    this.#world = world;
    this.#handlers = handlers;
  }

  send(peer: string, signal: Signal): void {
    const end = this.#ends.get(peer) ?? this.#open(peer);
    end?.send(signal);
  }

  /** Ends a connection without a word. */
  drop(peer: string): void {
    const end = this.#ends.get(peer);
    this.#ends.delete(peer);
    end?.destroy();
  }

  hangUp(): void {
    for (const peer of [...this.#ends.keys()]) this.drop(peer);
  }

  /** The process is gone: its connections are closed by the system. */
  die(): void {
    for (const end of this.#ends.values()) end.destroy();
  }

  /** One of the connections breaks. */
  breakOne(): void {
    const [end] = this.#ends.values();
    end?.destroy();
  }

  #open(peer: string): End<Signal> | undefined {
    const { isAlive, onAnswer, onGone } = this.#handlers;
    const end = this.#world.connectTo(peer, this.#name);
    if (end === undefined) {
      this.#world.events.after(below(this.#world.random, PATIENCE_MS + 1), () => {
        if (isAlive()) onGone(peer);
      });
      return undefined;
    }
    this.#ends.set(peer, end);
    end.handle({
      onMessage: (answer) => {
        if (isAlive()) onAnswer(peer, answer);
      },
      onClose: () => {
        if (!isAlive() || this.#ends.get(peer) !== end) return;
        this.#ends.delete(peer);
        onGone(peer);
      },
    });
    return end;
  }
}
