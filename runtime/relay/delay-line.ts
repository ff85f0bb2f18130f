/** Bytes on their way: each piece is written when it is due, in the order in which they came. */
import type { Socket } from 'node:net';
import { monotonicMs } from '../clock.ts';

/** What may be under way on one connection: as much as TCP's own window would allow. */
const MOST_BYTES = 4 * 2 ** 20;
/** Timers know whole milliseconds, and fire half of one late on the average: some must be early for that. */
const EARLY_MS = 0.9;
const TIMER_LATE_MS = 0.5;

export class DelayLine {
  readonly #to: Socket;
  readonly #pieces: { readonly dueAtMs: number; readonly bytes: Buffer }[] = [];
  #bytes = 0;
  #lastDueAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #blocked = false;
  #waiting: (() => void)[] = [];

  constructor(to: Socket) {
    this.#to = to;
    to.on('drain', () => {
      this.#blocked = false;
      this.#release();
    });
    to.once('close', () => this.#drop());
  }

  push(bytes: Buffer, dueAtMs: number): void {
    if (this.#to.destroyed) return;
    this.#lastDueAtMs = Math.max(this.#lastDueAtMs, dueAtMs);
    this.#pieces.push({ bytes, dueAtMs: this.#lastDueAtMs });
    this.#bytes += bytes.length;
    if (this.#pieces.length === 1) this.#release();
  }

  /** Resolves at once while there is room for more. */
  async room(): Promise<void> {
    while (this.#bytes > MOST_BYTES) await this.#change();
  }

  /** Resolves when everything has been written. */
  async drained(): Promise<void> {
    while (this.#bytes > 0) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(): void {
    clearTimeout(this.#timer);
    while (!this.#blocked) {
      const [next] = this.#pieces;
      if (next === undefined) break;
      const waitMs = next.dueAtMs - monotonicMs();
      if (waitMs > EARLY_MS) {
        this.#timer = setTimeout(
          () => this.#release(),
          Math.max(1, Math.round(waitMs - TIMER_LATE_MS)),
        );
        break;
      }
      this.#pieces.shift();
      this.#bytes -= next.bytes.length;
      this.#blocked = !this.#to.write(next.bytes);
    }
    this.#tell();
  }

  /** Nobody is there to receive what is left. */
  #drop(): void {
    clearTimeout(this.#timer);
    this.#pieces.length = 0;
    this.#bytes = 0;
    this.#tell();
  }

  #tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
