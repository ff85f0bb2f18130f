/** Shares of a CPU against machines that are made up: how many milliseconds of CPU time layers need, held or not. */
import { expect, test } from 'vitest';
import type { CalibrationTry } from './calibration.ts';
import { bestTry, nextShare } from './correction.ts';

const TARGET_MS = 3390;
const FULL_SPEED_MS = 250;

/** @param cpuMs of the layers at each try */
function calibrated(cpuMs: (attempt: number) => number): CalibrationTry[] {
  const tries: CalibrationTry[] = [];
  let share: number | undefined = FULL_SPEED_MS / TARGET_MS;
  while (share !== undefined) {
    const needed = cpuMs(tries.length);
    tries.push({ cpuQuota: share, tookMs: needed / share, cpuMs: needed });
    share = nextShare(tries, TARGET_MS);
  }
  return tries;
}

test('where layers need as much as at full speed, the first share is right', () => {
  expect(calibrated(() => FULL_SPEED_MS)).toHaveLength(1);
});

test('where they need a third more when they are held, the second is', () => {
  const tries = calibrated(() => 1.34 * FULL_SPEED_MS);
  expect(tries).toHaveLength(2);
  expect(tries[0]!.tookMs).toBeCloseTo(1.34 * TARGET_MS);
  const best = bestTry(tries, TARGET_MS);
  expect(best.tookMs).toBeCloseTo(TARGET_MS);
  expect(best.cpuQuota).toBeCloseTo((1.34 * FULL_SPEED_MS) / TARGET_MS);
});

test('where they need something else each time, the closest of a few counts', () => {
  const needed = [300, 250, 270, 320, 260];
  const tries = calibrated((attempt) => needed[attempt]!);
  expect(tries).toHaveLength(4);
  expect(bestTry(tries, TARGET_MS)).toBe(tries[2]);
});
