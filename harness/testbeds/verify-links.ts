/** Whether links are what was asked for: what was measured of each way, beside what it should be. */
import type { LinkFacts } from '../results/format.ts';

/** Rates are of the wire; what a stream gets of it is what its headers leave. */
const PAYLOAD_PART = 1448 / 1514;
/** Timers and processes cost that much on any machine. */
const ALLOWED_MS = 2;

export interface LinkVerdict {
  /** An edge, for its way to the gateway, or `edge0-edge1`. */
  readonly way: string;
  readonly what: 'round trip' | 'rate there' | 'rate back';
  /** In ms, or bit/s that applications get. */
  readonly asked: number;
  readonly measured: number;
  readonly ok: boolean;
}

/**
 * Loss is not among it: what is seen of it on a stream is its delay.
 *
 * @param tolerance part of what was asked for, such as 0.15
 */
export function judgeLinks(
  links: Readonly<Record<string, LinkFacts>>,
  tolerance: number,
): readonly LinkVerdict[] {
  return Object.entries(links).flatMap(([way, { expected, measured }]): LinkVerdict[] => {
    const { roundTripMs = 0, rateBitsPerSecond } = expected ?? {};
    const off = Math.abs(measured.roundTripMs - roundTripMs);
    const trip: LinkVerdict = {
      way,
      what: 'round trip',
      asked: roundTripMs,
      measured: measured.roundTripMs,
      ok: off <= Math.max(ALLOWED_MS, tolerance * roundTripMs),
    };
    if (rateBitsPerSecond === undefined) return [trip];
    const asked = rateBitsPerSecond * PAYLOAD_PART;
    const rate = (what: LinkVerdict['what'], value: number): LinkVerdict => ({
      way,
      what,
      asked,
      measured: value,
      ok: Math.abs(value / asked - 1) <= tolerance,
    });
    return [
      trip,
      rate('rate there', measured.sendBitsPerSecond),
      rate('rate back', measured.receiveBitsPerSecond),
    ];
  });
}
