/** An edge's connections to other edges: each opened when it is first needed, and kept. */
import { type ConnectOptions, connect } from '../net/connect.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { Frame } from '../net/frame.ts';
import type { Message } from '../net/messages.ts';
import type { PeerSession } from '../net/session.ts';

/** A peer that does not answer is not worth a long wait: there are others. */
const PATIENCE_MS = 2000;

export interface PeerEndpoint extends Endpoint {
  readonly name: string;
}

export interface PeerHandlers {
  readonly onFrame: (peer: string, frame: Frame) => void | Promise<void>;
  /** The peer cannot be reached, or is gone. */
  readonly onGone: (peer: string) => void;
}

type PeerOptions = Omit<ConnectOptions, 'endpoint' | 'patienceMs'>;

export class Peers {
  readonly #options: () => PeerOptions;
  readonly #handlers: PeerHandlers;
  readonly #sessions = new Map<string, Promise<PeerSession>>();

  constructor(options: () => PeerOptions, handlers: PeerHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Resolves when the connection takes more; whether a peer is gone is told through `onGone`. */
  async send(peer: PeerEndpoint, message: Message, payload?: Uint8Array): Promise<void> {
    const opening = this.#sessions.get(peer.name) ?? this.#open(peer);
    // A failure has its one place in #open.
    const session = await opening.catch(() => undefined);
    await session?.send(message, payload);
  }

  #open({ name, address, port }: PeerEndpoint): Promise<PeerSession> {
    const opening = connect({
      ...this.#options(),
      endpoint: { address, port },
      patienceMs: PATIENCE_MS,
    });
    this.#sessions.set(name, opening);
    opening.then(
      (session) =>
        session.handle({
          onFrame: (frame) => this.#handlers.onFrame(name, frame),
          onClose: () => this.#gone(name, opening),
        }),
      () => this.#gone(name, opening),
    );
    return opening;
  }

  /** Ends a connection without a word: the peer is known to be gone. */
  drop(name: string): void {
    const opening = this.#sessions.get(name);
    this.#sessions.delete(name);
    void opening?.then((session) => session.destroy()).catch(() => {});
  }

  /** Lets every peer see that what it gave over these connections is lost, and forgets them all. */
  hangUp(): void {
    for (const name of [...this.#sessions.keys()]) this.drop(name);
  }

  close(): void {
    for (const opening of this.#sessions.values()) {
      void opening.then((session) => session.end()).catch(() => {});
    }
  }

  #gone(name: string, opening: Promise<PeerSession>): void {
    // A connection that was hung up must not end the one that followed it.
    if (this.#sessions.get(name) !== opening) return;
    this.#sessions.delete(name);
    this.#handlers.onGone(name);
  }
}
