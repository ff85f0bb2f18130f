/**
 * The node's monotonic clock, in milliseconds: it never jumps, and all threads and processes of one
 * machine share it. Its zero is arbitrary, so other machines' readings need an offset.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** A clock with timers: this machine's, or a simulation's. */
export interface Clock {
  nowMs(): number;
  /** @returns what keeps it from happening */
  after(delayMs: number, happen: () => void): () => void;
}

/** A timer that is set for longer goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const MACHINE_CLOCK: Clock = {
  nowMs: monotonicMs,
  after: (delayMs, happen) => {
    const timer = setTimeout(happen, Math.min(LONGEST_TIMER_MS, delayMs));
    return () => clearTimeout(timer);
  },
};
