/**
 * The node's monotonic clock, in milliseconds: it never jumps, and all threads and processes of one
 * machine share it. Its zero is arbitrary, so other machines' readings need an offset.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
