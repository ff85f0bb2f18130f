/** An edge's connections to the edges that it steals from, kept from one tile to the next. */
import { type ConnectOptions, connect } from '../net/connect.ts';
import type { Frame } from '../net/frame.ts';
import type { MessageOf } from '../net/messages.ts';
import type { PeerSession } from '../net/session.ts';

/** A victim that does not answer is not worth a long wait: the gateway knows another. */
const PATIENCE_MS = 2000;

export interface VictimHandlers {
  readonly onFrame: (victim: string, frame: Frame) => void | Promise<void>;
  /** The victim cannot be reached, or is gone. */
  readonly onGone: (victim: string) => void;
}

type PeerOptions = Omit<ConnectOptions, 'endpoint' | 'patienceMs'>;

export class Victims {
  readonly #options: () => PeerOptions;
  readonly #handlers: VictimHandlers;
  readonly #sessions = new Map<string, Promise<PeerSession>>();

  constructor(options: () => PeerOptions, handlers: VictimHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  async steal(victim: MessageOf<'victim'>): Promise<void> {
    const opening = this.#sessions.get(victim.name) ?? this.#open(victim);
    // A failure has its one place in #open.
    const session = await opening.catch(() => undefined);
    await session?.send({ kind: 'steal' });
  }

  #open({ name, address, port }: MessageOf<'victim'>): Promise<PeerSession> {
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

  /** Lets every victim see that what it lent here is lost, and forgets them all. */
  hangUp(): void {
    const openings = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const opening of openings) {
      void opening.then((session) => session.destroy()).catch(() => {});
    }
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
