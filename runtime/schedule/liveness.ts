/** Who has been heard of lately. Times are handed in: this file has no clock. */
export class Liveness {
  readonly #lostAfterMs: number;
  readonly #lastSeenMs = new Map<string, number>();

  constructor(lostAfterMs: number) {
    this.#lostAfterMs = lostAfterMs;
  }

  seen(peer: string, nowMs: number): void {
    this.#lastSeenMs.set(peer, nowMs);
  }

  forget(peer: string): void {
    this.#lastSeenMs.delete(peer);
  }

  /** Peers that have been silent for too long; each is named once. */
  lost(nowMs: number): readonly string[] {
    const lost = [...this.#lastSeenMs]
      .filter(([, seenMs]) => nowMs - seenMs >= this.#lostAfterMs)
      .map(([peer]) => peer);
    for (const peer of lost) this.#lastSeenMs.delete(peer);
    return lost;
  }
}
