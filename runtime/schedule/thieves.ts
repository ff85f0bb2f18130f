/**
 * Edges that steal from a source: one connection each. Whoever comes again has lost the connection
 * before, and what was lent over it; one that is lost cannot steal on.
 */
export class Thieves<Session extends { destroy(): void }> {
  readonly #sessions = new Map<string, Session>();
  readonly #reissue: (thief: string) => void;

  /** @param reissue what was lent to a thief may never have arrived */
  constructor(reissue: (thief: string) => void) {
    this.#reissue = reissue;
  }

  get(thief: string): Session | undefined {
    return this.#sessions.get(thief);
  }

  arrived(thief: string, session: Session): void {
    const before = this.#sessions.get(thief);
    this.#sessions.set(thief, session);
    if (before === undefined) return;
    before.destroy();
    this.#reissue(thief);
  }

  /** A connection has ended. False where its thief has another by now, or the connection was none. */
  left(thief: string, session: Session): boolean {
    if (this.#sessions.get(thief) !== session) return false;
    this.#sessions.delete(thief);
    this.#reissue(thief);
    return true;
  }

  /** The gateway says that the edge is gone. */
  lose(thief: string): void {
    this.#sessions.get(thief)?.destroy();
    this.#reissue(thief);
  }

  /** This edge is gone itself. */
  destroy(): void {
    for (const session of this.#sessions.values()) session.destroy();
  }
}
