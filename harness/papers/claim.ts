/** What a paper says, and what decides whether it holds here. */
import type { Transfer } from '../../runtime/schedule/transfer.ts';

/** How many of them, in the figures that have an axis of devices. */
export const DEVICES: readonly number[] = [1, 2, 3, 4, 5, 6];

/** Ours, by panel, series and label; undefined where it was neither computed nor measured. */
export type Ours = (panel: string, series: string, label: string | number) => number | undefined;

export interface Finding {
  readonly holds: boolean;
  readonly found: string;
}

export interface Claim {
  readonly claim: string;
  /**
   * Undefined: not tested.
   *
   * @param transfer how frames and halos travelled in what was measured
   */
  readonly judge: (ours: Ours, transfer: Transfer) => Finding | undefined;
}

export function near(value: number, expected: number, tolerance: number): boolean {
  return Math.abs(value - expected) <= tolerance;
}
