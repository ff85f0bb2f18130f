/**
 * What an edge does next: its own tiles first, else stolen ones, and one request under way at most.
 *
 *   idle ──ask──▶ asking ──referred──▶ stealing ──received──▶ idle (with a tile in reserve)
 *                   ▲                      │
 *                   └───────empty──────────┘
 *
 * Stealing runs beside computing: while one stolen tile is computed the next is fetched, so that the
 * link and the processor are busy together.
 */
import type { Offer } from './broker.ts';

type Request =
  | { readonly kind: 'idle' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'stealing'; readonly offer: Offer };

export class Worker<Stolen> {
  /** How many stolen tiles may lie ready beside the one being computed. */
  readonly #reserveLimit: number;
  #reserve: Stolen[] = [];
  #request: Request = { kind: 'idle' };

  constructor(reserveLimit: number) {
    this.#reserveLimit = reserveLimit;
  }

  /** A stolen tile to compute, the first that is ready; the caller looks at its own queue first. */
  nextStolen(isReady: (stolen: Stolen) => boolean = () => true): Stolen | undefined {
    const at = this.#reserve.findIndex(isReady);
    return at < 0 ? undefined : this.#reserve.splice(at, 1)[0];
  }

  /** A tile that cannot be computed after all, as things stand. */
  putBack(stolen: Stolen): void {
    this.#reserve.unshift(stolen);
  }

  find(isWanted: (stolen: Stolen) => boolean): Stolen | undefined {
    return this.#reserve.find(isWanted);
  }

  /** Gives up tiles that are not being computed. */
  drop(isUseless: (stolen: Stolen) => boolean): void {
    this.#reserve = this.#reserve.filter((stolen) => !isUseless(stolen));
  }

  /** True when the gateway should be asked for a victim now; the edge then counts as asking. */
  shouldAsk(ownWaiting: number): boolean {
    if (ownWaiting > 0 || this.#request.kind !== 'idle') return false;
    if (this.#reserve.length >= this.#reserveLimit) return false;
    this.#request = { kind: 'asking' };
    return true;
  }

  /** The gateway names a victim. False when none was asked for: the answer is stale. */
  referred(offer: Offer): boolean {
    if (this.#request.kind !== 'asking') return false;
    this.#request = { kind: 'stealing', offer };
    return true;
  }

  /** The victim sent a tile. */
  received(victim: string, stolen: Stolen): boolean {
    if (!this.#stealsFrom(victim)) return false;
    this.#request = { kind: 'idle' };
    this.#reserve.push(stolen);
    return true;
  }

  /** The victim had nothing, or is gone: ask again, naming the exhausted offer. */
  foundEmpty(victim: string): Offer | undefined {
    if (this.#request.kind !== 'stealing' || this.#request.offer.victim !== victim)
      return undefined;
    const { offer } = this.#request;
    this.#request = { kind: 'asking' };
    return offer;
  }

  /** Forgets request and reserve: the gateway is gone, or has given this edge up. */
  reset(): void {
    this.#request = { kind: 'idle' };
    this.#reserve = [];
  }

  #stealsFrom(victim: string): boolean {
    return this.#request.kind === 'stealing' && this.#request.offer.victim === victim;
  }
}
