/**
 * The way from one node to another: the rates that it passes, and how late what is sent arrives. Pure:
 * clock and chance are given.
 *
 *   sender's cable ─▶ way between the two ─▶ medium ─▶ receiver's cable (its rate alone)
 *
 * Rates are of the wire, as `tc` counts them: every segment of TCP carries its headers. A stream loses
 * nothing, so loss is what TCP makes of it: the segment, and all behind it, come later by a retransmission.
 */
import type { Bucket } from './bucket.ts';
import type { LinkShape } from './config.ts';

/** Of TCP over Ethernet, with time stamps. */
export const SEGMENT_BYTES = 1448;
const HEADER_BYTES = 66;
/** Linux waits at least so long for an acknowledgement before it sends again. */
const LEAST_TIMEOUT_MS = 200;
/** So many segments behind a lost one make the sender notice after one round trip (RFC 5681). */
const DUPLICATES = 3;

/** What is sent at once: short enough for flows to take turns, long enough to cost little. */
const SLICE_MS = 2;
const LARGEST_SLICE_BYTES = 16_384;

export interface PathParts {
  /** All that it passes, each shared with whoever passes it too. */
  readonly buckets: readonly Bucket[];
  /** All that delay, jitter and loss come from. */
  readonly links: readonly LinkShape[];
  /** There and back, without jitter. */
  readonly roundTripMs: number;
  /** Of the slowest bucket; undefined where there is none. */
  readonly rateBitsPerSecond?: number;
}

export interface Crossing {
  /** When the sender is done with it. */
  readonly sentAtMs: number;
  readonly arrivesAtMs: number;
}

export class LinkPath {
  /** The most to be sent at once. */
  readonly sliceBytes: number;
  readonly roundTripMs: number;
  readonly #parts: PathParts;
  readonly #loss: number;
  readonly #random: () => number;

  constructor(parts: PathParts, random: () => number) {
    this.#parts = parts;
    this.#random = random;
    this.#loss = 1 - parts.links.reduce((kept, { loss = 0 }) => kept * (1 - loss), 1);
    this.roundTripMs = parts.roundTripMs;
    const { rateBitsPerSecond = Number.POSITIVE_INFINITY } = parts;
    const bytes = Math.min(LARGEST_SLICE_BYTES, (rateBitsPerSecond / 8000) * SLICE_MS);
    this.sliceBytes = Math.max(SEGMENT_BYTES, Math.floor(bytes));
  }

  /** @param behindBytes that are known to follow: they let TCP notice a loss sooner */
  cross(bytes: number, behindBytes: number, nowMs: number): Crossing {
    const segments = Math.ceil(bytes / SEGMENT_BYTES);
    const onWire = bytes + segments * HEADER_BYTES;
    const times = this.#parts.buckets.map((bucket) => bucket.take(onWire, nowMs));
    const sentAtMs = Math.max(nowMs, ...times);
    const lateMs = this.#delayMs() + this.#retransmissionMs(segments, behindBytes);
    return { sentAtMs, arrivesAtMs: sentAtMs + lateMs };
  }

  #delayMs(): number {
    let sum = 0;
    for (const { delayMs = 0, jitterMs = 0 } of this.#parts.links) {
      sum += delayMs + (jitterMs === 0 ? 0 : jitterMs * (2 * this.#random() - 1));
    }
    return Math.max(0, sum);
  }

  #retransmissionMs(segments: number, behindBytes: number): number {
    if (this.#loss === 0) return 0;
    const behind = behindBytes / SEGMENT_BYTES;
    let sum = 0;
    for (let segment = 0; segment < segments; segment++) {
      const noticed = segments - 1 - segment + behind >= DUPLICATES;
      // What is sent again may be lost again, and then only the timer tells.
      for (let again = 0; this.#random() < this.#loss; again++) {
        const timer = Math.max(LEAST_TIMEOUT_MS, 2 * this.roundTripMs) * 2 ** again;
        sum += noticed && again === 0 ? Math.max(1, this.roundTripMs) : timer;
      }
    }
    return sum;
  }
}
