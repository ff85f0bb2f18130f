/**
 * Notices that the gateway has fallen silent: it is frozen, or the way to it is cut. It is waited for
 * longer than it waits for an edge, because nobody can do without it.
 */
import { monotonicMs } from '../clock.ts';
import type { Liveness } from './config.ts';

const PATIENCE_FACTOR = 3;

export class GatewayWatch {
  readonly #heartbeatMs: number;
  readonly #lostAfterMs: number;
  #heardAtMs = monotonicMs();
  #lookedAtMs = monotonicMs();

  constructor({ heartbeatMs, lostAfterMs }: Liveness) {
    this.#heartbeatMs = heartbeatMs;
    this.#lostAfterMs = PATIENCE_FACTOR * lostAfterMs;
  }

  heard(): void {
    this.#heardAtMs = monotonicMs();
  }

  /** To be called with every heartbeat. Says what is wrong when the gateway has been silent for too long. */
  silence(): Error | undefined {
    const nowMs = monotonicMs();
    // Whoever was itself held up has not read yet what came meanwhile.
    const heldUp = nowMs - this.#lookedAtMs > 2 * this.#heartbeatMs;
    this.#lookedAtMs = nowMs;
    if (heldUp) this.#heardAtMs = nowMs;
    if (nowMs - this.#heardAtMs < this.#lostAfterMs) return undefined;
    return new Error(`the gateway said nothing for ${this.#lostAfterMs} ms`);
  }
}
