/** Time and connections for simulations: events in order of time, and streams that delay and break. */
import { below, type Random } from './random.ts';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly happen: () => void;
}

/** A binary heap of what is still to happen; equal times happen in the order of the calls. */
export class EventQueue {
  readonly #heap: Event[] = [];
  #order = 0;
  nowMs = 0;

  after(delayMs: number, happen: () => void): void {
    const event = { atMs: this.nowMs + delayMs, order: this.#order++, happen };
    let at = this.#heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, this.#heap[parent]!)) break;
      this.#heap[at] = this.#heap[parent]!;
      at = parent;
    }
    this.#heap[at] = event;
  }

  /** Lets everything happen. Throws where it goes on and on. */
  drain(mostEvents: number): void {
    for (let count = 0; this.#heap.length > 0; count++) {
      if (count === mostEvents) throw new Error(`no end after ${mostEvents} events`);
      const event = this.#pop();
      this.nowMs = event.atMs;
      event.happen();
    }
  }

  #pop(): Event {
    const first = this.#heap[0]!;
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#heap.length) break;
      const right = this.#heap[child + 1];
      if (right !== undefined && isBefore(right, this.#heap[child]!)) child++;
      if (!isBefore(this.#heap[child]!, last)) break;
      this.#heap[at] = this.#heap[child]!;
      at = child;
    }
    this.#heap[at] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

export interface Handlers<Message> {
  readonly onMessage: (message: Message) => void;
  readonly onClose: () => void;
}

/** One side of a connection: messages arrive in order, late, and perhaps not at all once it breaks. */
export class End<Message> {
  readonly #events: EventQueue;
  readonly #random: Random;
  readonly #slownessMs: number;
  #other: End<Message> | undefined;
  #handlers: Handlers<Message> | undefined;
  /** When the last thing that was sent to this side arrives. */
  #lastArrivalMs = 0;
  #deaf = false;
  #open = true;

  private constructor(events: EventQueue, random: Random, slownessMs: number) {
    this.#events = events;
    this.#random = random;
    this.#slownessMs = slownessMs;
  }

  static pair<Message>(
    events: EventQueue,
    random: Random,
    slownessMs: number,
  ): readonly [End<Message>, End<Message>] {
    const near = new End<Message>(events, random, slownessMs);
    const far = new End<Message>(events, random, slownessMs);
    near.#other = far;
    far.#other = near;
    return [near, far];
  }

  handle(handlers: Handlers<Message>): void {
    this.#handlers = handlers;
  }

  /** A peer that is gone is told through `onClose` alone. */
  send(message: Message): void {
    if (!this.#open) return;
    const other = this.#other!;
    other.#arrive(() => {
      if (!other.#deaf) other.#handlers?.onMessage(message);
    });
  }

  /** Ends at once: nothing more is heard here; over there all arrives, or only a part, and then the end. */
  destroy(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#deaf = true;
    this.#events.after(0, () => this.#handlers?.onClose());
    const other = this.#other!;
    // A reset overtakes what is still on its way.
    if (below(this.#random, 2) === 0) other.#lastArrivalMs = this.#events.nowMs;
    other.#arrive(() => other.#lose());
  }

  #lose(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#deaf = true;
    this.#handlers?.onClose();
  }

  #arrive(happen: () => void): void {
    const atMs = Math.max(this.#lastArrivalMs, this.#events.nowMs + this.#delayMs());
    this.#lastArrivalMs = atMs;
    this.#events.after(atMs - this.#events.nowMs, happen);
  }

  #delayMs(): number {
    return below(this.#random, this.#slownessMs + 1);
  }
}
