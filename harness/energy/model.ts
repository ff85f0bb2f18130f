/**
 * An estimate of what a device would have used: as much as when idle all the time, and more while one of
 * its cores is busy. Pure.
 */
import type { TraceSpan } from '../results/format.ts';
import type { DevicePower } from '../spec/resolved.ts';

/** On which a core works; the others wait for the network. */
const BUSY: ReadonlySet<TraceSpan['kind']> = new Set([
  'cut',
  'compute',
  'merge',
  'finish',
  'detect',
]);

/** @param timeScale by which the trial ran faster than the device would have */
export function modelJoules(
  { idleWatts, busyWatts }: DevicePower,
  spans: readonly TraceSpan[],
  makespanMs: number,
  timeScale: number,
): number {
  const busyMs = Math.min(makespanMs, coveredMs(spans, makespanMs));
  const wattMs = idleWatts * makespanMs + (busyWatts - idleWatts) * busyMs;
  return (wattMs * timeScale) / 1000;
}

/** Milliseconds from 0 to the end in which at least one of the spans goes on. */
function coveredMs(spans: readonly TraceSpan[], endMs: number): number {
  const busy = spans
    .filter(({ kind }) => BUSY.has(kind))
    .map(({ startMs, endMs: last }) => [Math.max(0, startMs), Math.min(endMs, last)] as const)
    .sort(([a], [b]) => a - b);
  let [covered, reached] = [0, 0];
  for (const [from, to] of busy) {
    if (to <= reached) continue;
    covered += to - Math.max(from, reached);
    reached = to;
  }
  return covered;
}
