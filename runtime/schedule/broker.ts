/**
 * The gateway's view of who has tiles to give and who wants some (Zhao et al., TCAD 2018, section
 * V-B: a ring of busy edges, victims handed out round-robin).
 *
 * An idle edge asks once and is answered once: at once while somebody offers, else when somebody
 * does. So nobody polls. Offers carry a sequence number, because a thief may report a victim empty
 * after that victim has offered anew.
 */

export interface Offer {
  readonly victim: string;
  readonly sequence: number;
}

export interface Referral {
  readonly thief: string;
  readonly offer: Offer;
}

export class Broker {
  /** Offers in ring order: the one to be named next comes first. */
  #ring: Offer[] = [];
  /** Thieves without an answer, longest waiting first. */
  #waiting: string[] = [];

  /** A victim has tiles to give. */
  offer(victim: string, sequence: number): readonly Referral[] {
    const known = this.#ring.findIndex((offer) => offer.victim === victim);
    if (known >= 0) this.#ring[known] = { victim, sequence };
    else this.#ring.push({ victim, sequence });
    return this.#serve();
  }

  /** A victim has nothing left of the offer with this sequence number. */
  withdraw(victim: string, sequence: number): void {
    this.#ring = this.#ring.filter((offer) => offer.victim !== victim || offer.sequence > sequence);
  }

  /** A thief wants a victim. `empty` names the offer that it found exhausted. */
  ask(thief: string, empty?: Offer): readonly Referral[] {
    if (empty !== undefined) this.withdraw(empty.victim, empty.sequence);
    if (!this.#waiting.includes(thief)) this.#waiting.push(thief);
    return this.#serve();
  }

  /** An edge is gone, as victim and as thief. */
  leave(edge: string): void {
    this.#ring = this.#ring.filter((offer) => offer.victim !== edge);
    this.#waiting = this.#waiting.filter((thief) => thief !== edge);
  }

  #serve(): readonly Referral[] {
    // However many wait, nobody has anything.
    if (this.#ring.length === 0) return [];
    const referrals: Referral[] = [];
    const stillWaiting: string[] = [];
    for (const thief of this.#waiting) {
      const at = this.#ring.findIndex((offer) => offer.victim !== thief);
      if (at < 0) {
        stillWaiting.push(thief);
        continue;
      }
      const [offer] = this.#ring.splice(at, 1);
      this.#ring.push(offer!);
      referrals.push({ thief, offer: offer! });
    }
    this.#waiting = stillWaiting;
    return referrals;
  }
}
