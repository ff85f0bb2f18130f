/** An edge's connections to other edges (roles/peers.ts), on simulated time. */
import type { End } from './connection.ts';
import type { EdgeWorld } from './world.ts';

interface PeerHandlers<Signal> {
  readonly isAlive: () => boolean;
  readonly onAnswer: (peer: string, signal: Signal) => void;
  readonly onGone: (peer: string) => void;
}

export class SimulatedPeers<Signal> {
  readonly #name: string;
  readonly #world: EdgeWorld<Signal>;
  readonly #handlers: PeerHandlers<Signal>;
  readonly #ends = new Map<string, End<Signal>>();

  constructor(name: string, world: EdgeWorld<Signal>, handlers: PeerHandlers<Signal>) {
    this.#name = name;
    this.#world = world;
    this.#handlers = handlers;
  }

  /** @returns when the connection takes more */
  send(peer: string, signal: Signal): number {
    const end = this.#ends.get(peer) ?? this.#open(peer);
    return end?.send(signal) ?? this.#world.events.nowMs();
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
  breakOne(pick: (count: number) => number): void {
    const ends = [...this.#ends.values()];
    if (ends.length > 0) ends[pick(ends.length)]!.destroy();
  }

  #open(peer: string): End<Signal> | undefined {
    const { isAlive, onAnswer, onGone } = this.#handlers;
    const end = this.#world.connectTo(peer, this.#name);
    if (end === undefined) {
      this.#world.events.after(this.#world.patienceMs(), () => {
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
