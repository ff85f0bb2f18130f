/**
 * How a share of a CPU is corrected until layers that are held to it take what they are to take. CPU time
 * at full speed does not say all: the same layers need up to a fifth more of it behind a pause, and other
 * amounts on a machine that is idle now and busy then.
 */
import type { CalibrationTry } from './calibration.ts';

/** What is off by no more is right. */
const CLOSE_ENOUGH = 0.02;
/** On a machine whose speed changes all the time no share is right. */
const MOST_TRIES = 4;

/** The share to try next; undefined where the last is right, or trying has no end. */
export function nextShare(tries: readonly CalibrationTry[], targetMs: number): number | undefined {
  const { cpuQuota, tookMs } = tries.at(-1)!;
  if (tries.length >= MOST_TRIES || off(tookMs, targetMs) <= CLOSE_ENOUGH) return undefined;
  return (cpuQuota * tookMs) / targetMs;
}

/** The first of those that came closest. */
export function bestTry(tries: readonly CalibrationTry[], targetMs: number): CalibrationTry {
  return tries.reduce((best, each) =>
    off(each.tookMs, targetMs) < off(best.tookMs, targetMs) ? each : best,
  );
}

function off(tookMs: number, targetMs: number): number {
  return Math.abs(tookMs / targetMs - 1);
}
