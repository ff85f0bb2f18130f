/**
 * What the gateway knows of its edges: the profile that each measured of itself before it joined, and
 * how much slower or faster it and its link have been since.
 */

import type { EdgeProfile } from '../partition/stages.ts';
import { Estimate } from './estimate.ts';

/** Of less than this, a transfer's time is that of a message, not of its bytes. */
const LEAST_BYTES = 32 * 1024;
/**
 * What came in less time may have waited in buffers: of the receiver, who was busy, or of what holds the
 * link to its rate, which lets a burst pass. It shows that the link is fast, but not how fast.
 */
const LEAST_MS = 10;

interface Known {
  readonly measured: EdgeProfile;
  delayMs: number | undefined;
  /** Milliseconds that parts took, over what its own profile says. */
  readonly slowness: Estimate;
  /** Of its link; undefined while nobody has measured it. */
  msPerByte: Estimate | undefined;
  /** Whether that is from a frame's transfers, and no longer what the edge measured before. */
  isObserved: boolean;
}

export class Profiles {
  readonly #edges = new Map<string, Known>();
  readonly #oneMedium: boolean;

  /** @param oneMedium whether all edges send over the same */
  constructor({ oneMedium = false } = {}) {
    this.#oneMedium = oneMedium;
  }

  /** An edge has joined, or joined again: it begins with what it measured itself. */
  join(measured: EdgeProfile): void {
    const { name, rateBitsPerSecond: rate, delayMs } = measured;
    this.#edges.set(name, {
      measured,
      delayMs,
      slowness: new Estimate(1),
      msPerByte: rate === undefined ? undefined : new Estimate(8000 / rate),
      isObserved: false,
    });
    if (this.#oneMedium) this.#believeTheFastest();
  }

  /** Edges that measure one medium at once share it: each sees less of it than there is. */
  #believeTheFastest(): void {
    const known = [...this.#edges.values()];
    const fastest = Math.max(...known.map(({ measured }) => measured.rateBitsPerSecond ?? 0));
    for (const edge of known) {
      if (edge.msPerByte === undefined || edge.isObserved) continue;
      edge.msPerByte = new Estimate(8000 / fastest);
    }
  }

  leave(edge: string): void {
    this.#edges.delete(edge);
  }

  /**
   * An edge has computed its parts of a frame.
   *
   * @param profileMs what they take by the profile that the edge joined with
   */
  computed(edge: string, profileMs: number, tookMs: number): void {
    const known = this.#edges.get(edge);
    if (known === undefined || !(profileMs > 0)) return;
    known.slowness.observe(tookMs / profileMs);
  }

  /** So many bytes came over the edge's link in so many milliseconds, waiting for others not counted. */
  transferred(edge: string, bytes: number, tookMs: number): void {
    const known = this.#edges.get(edge);
    if (known === undefined || bytes < LEAST_BYTES || !(tookMs > 0)) return;
    const atLeast = Math.min(known.msPerByte?.value ?? Number.POSITIVE_INFINITY, LEAST_MS / bytes);
    const msPerByte = Math.max(tookMs / bytes, atLeast);
    known.msPerByte ??= new Estimate(msPerByte);
    known.msPerByte.observe(msPerByte);
    known.isObserved = true;
  }

  /** The best round trip so far, halved: it only shrinks. */
  delay(edge: string, delayMs: number): void {
    const known = this.#edges.get(edge);
    if (known !== undefined && delayMs >= 0) known.delayMs = delayMs;
  }

  /** A frame is complete: edges that it did not use are known a little less well. */
  frameDone(used: ReadonlySet<string>): void {
    for (const [name, { slowness, msPerByte }] of this.#edges) {
      if (used.has(name)) continue;
      slowness.idle();
      msPerByte?.idle();
    }
  }

  /** As the edge measured itself. */
  measured(edge: string): EdgeProfile {
    return this.#edges.get(edge)?.measured ?? { name: edge, layerMs: [] };
  }

  /** As the edge is by now. */
  current(edge: string): EdgeProfile {
    const known = this.#edges.get(edge);
    if (known === undefined) return { name: edge, layerMs: [] };
    const { measured, delayMs, slowness, msPerByte } = known;
    return {
      ...measured,
      layerMs: measured.layerMs.map((ms) => ms * slowness.value),
      ...(delayMs === undefined ? {} : { delayMs }),
      ...(msPerByte === undefined ? {} : { rateBitsPerSecond: 8000 / msPerByte.value }),
    };
  }
}
