/**
 * How long each of several transfers that come at once would have taken alone. While n of them are under
 * way, each is taken to have an n-th of the link: its own clock runs n times slower than the wall's.
 * A transfer that is slow by itself soon is the only one left, and is not excused.
 */
export class FairShareClock {
  #active = 0;
  #ownMs = 0;
  #atMs = 0;

  /** @returns what `end` wants to be given */
  begin(nowMs: number): number {
    this.#advance(nowMs);
    this.#active++;
    return this.#ownMs;
  }

  /** @returns milliseconds that the transfer would have taken alone */
  end(nowMs: number, begun: number): number {
    this.#advance(nowMs);
    this.#active--;
    return this.#ownMs - begun;
  }

  #advance(nowMs: number): void {
    if (this.#active > 0) this.#ownMs += (nowMs - this.#atMs) / this.#active;
    this.#atMs = nowMs;
  }
}
