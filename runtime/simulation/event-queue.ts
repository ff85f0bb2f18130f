/** Simulated time: what is still to happen, in order of time. The clock of everything simulated. */
import type { Clock } from '../clock.ts';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly happen: () => void;
}

/** A binary heap; equal times happen in the order of the calls, so that the same calls give the same run. */
export class EventQueue implements Clock {
  readonly #heap: Event[] = [];
  #order = 0;
  #nowMs = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, happen: () => void): () => void {
    let isWanted = true;
    this.at(this.#nowMs + delayMs, () => {
      if (isWanted) happen();
    });
    return () => {
      isWanted = false;
    };
  }

  /** As `after`, for what is never taken back: at a time that is not past. */
  at(atMs: number, happen: () => void): void {
    const event = { atMs, order: this.#order++, happen };
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
      this.#nowMs = event.atMs;
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
