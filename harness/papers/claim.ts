/** What a paper says, and what decides whether it holds here. */

/** Those of DeepThings' figures. */
export const GRIDS: readonly string[] = ['3x3', '4x4', '5x5'];

/** Ours, by panel, series and label; undefined where it was neither computed nor measured. */
export type Ours = (panel: string, series: string, label: string | number) => number | undefined;

export interface Finding {
  readonly holds: boolean;
  readonly found: string;
}

export interface Claim {
  readonly claim: string;
  /** Undefined: not tested. */
  readonly judge: (ours: Ours) => Finding | undefined;
}

export function near(value: number, expected: number, tolerance: number): boolean {
  return Math.abs(value - expected) <= tolerance;
}
