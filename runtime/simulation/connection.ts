/** Connections on simulated time: messages arrive in order, late, and perhaps not at all once it breaks. */
import type { EventQueue } from './event-queue.ts';

/** When a message that is sent now has left its sender, and when its receiver has it: simulated time. */
export interface Passage {
  readonly leftAtMs: number;
  readonly arrivesAtMs: number;
}

/** What carries messages in one direction. */
export interface Way<Message> {
  carry(message: Message): Passage;
  /** The message has arrived; the receiver looks at it when it comes to it. Default: at once. */
  deliver?(message: Message, happen: () => void): void;
}

export interface Ways<Message> {
  readonly there: Way<Message>;
  readonly back: Way<Message>;
  /** What becomes of a connection that one side ends. */
  readonly ending: () => Ending;
}

export interface Ending {
  /** What is still on its way is lost. */
  readonly isTorn: boolean;
  /** Until the other side hears of it. */
  readonly delayMs: number;
}

export interface Handlers<Message> {
  readonly onMessage: (message: Message) => void;
  readonly onClose: () => void;
}

/** One side of a connection. */
export class End<Message> {
  readonly #events: EventQueue;
  readonly #way: Way<Message>;
  readonly #ending: () => Ending;
  #other: End<Message> | undefined;
  #handlers: Handlers<Message> | undefined;
  /** When the last thing that was sent to this side arrives. */
  #lastArrivalMs = 0;
  #deaf = false;
  #open = true;

  private constructor(events: EventQueue, way: Way<Message>, ending: () => Ending) {
    this.#events = events;
    this.#way = way;
    this.#ending = ending;
  }

  /** @returns who sends `there`, and who sends `back` */
  static pair<Message>(
    events: EventQueue,
    { there, back, ending }: Ways<Message>,
  ): readonly [End<Message>, End<Message>] {
    const near = new End<Message>(events, there, ending);
    const far = new End<Message>(events, back, ending);
    near.#other = far;
    far.#other = near;
    return [near, far];
  }

  handle(handlers: Handlers<Message>): void {
    this.#handlers = handlers;
  }

  /**
   * A peer that is gone is told through `onClose` alone.
   *
   * @returns when the message has left, and the connection takes more
   */
  send(message: Message): number {
    if (!this.#open) return this.#events.nowMs();
    const other = this.#other!;
    const { leftAtMs, arrivesAtMs } = this.#way.carry(message);
    const look = () => {
      if (!other.#deaf) other.#handlers?.onMessage(message);
    };
    other.#arrive(arrivesAtMs, () => {
      if (this.#way.deliver === undefined) look();
      else this.#way.deliver(message, look);
    });
    return leftAtMs;
  }

  /** Ends at once: nothing more is heard here; over there all arrives, or only a part, and then the end. */
  destroy(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#deaf = true;
    const nowMs = this.#events.nowMs();
    this.#events.at(nowMs, () => this.#handlers?.onClose());
    const other = this.#other!;
    // A reset overtakes what is still on its way.
    const { isTorn, delayMs } = this.#ending();
    if (isTorn) other.#lastArrivalMs = nowMs;
    other.#arrive(nowMs + delayMs, () => other.#lose());
  }

  #lose(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#deaf = true;
    this.#handlers?.onClose();
  }

  #arrive(atMs: number, happen: () => void): void {
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, atMs);
    this.#events.at(this.#lastArrivalMs, happen);
  }
}
