/**
 * What `tilebed reproduce` writes as `reproduction.json`: a figure of a paper beside what was computed
 * or measured here, and what becomes of the paper's claims.
 */
export const REPRODUCTION_FILE = 'reproduction.json';

export type ClaimVerdict = 'holds' | 'does not hold' | 'not tested here';

export interface JudgedClaim {
  /** What the paper says, in short. */
  readonly claim: string;
  readonly verdict: ClaimVerdict;
  /** The figures that decide it. */
  readonly found: string;
}

export interface ReproducedSeries {
  readonly name: string;
  /** One value a label of the panel's x axis; null where there is none. */
  readonly paper: readonly (number | null)[];
  readonly ours: readonly (number | null)[];
}

export interface ReproducedPanel {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly x: { readonly title: string; readonly labels: readonly string[] };
  /** `arithmetic` must agree to the tolerance, `measurement` in shape. */
  readonly how: 'arithmetic' | 'measurement';
  readonly series: readonly ReproducedSeries[];
}

/** Of one point, against both baselines; ratios of latencies. */
export interface ReproducedSpeedup {
  readonly name: string;
  /** Over the same strategy and grid on one device. */
  readonly overOneDevice: { readonly paper: number | null; readonly ours: number | null };
  /** Over the plain, unpartitioned layers on one device. */
  readonly overPlain: { readonly paper: number | null; readonly ours: number | null };
}

export interface Reproduction {
  readonly figure: string;
  readonly title: string;
  /** Where the paper's numbers are from. */
  readonly source: string;
  readonly madeAt: string;
  /** On what it was run, in words. */
  readonly setting: readonly string[];
  readonly panels: readonly ReproducedPanel[];
  readonly claims: readonly JudgedClaim[];
  readonly speedups: readonly ReproducedSpeedup[];
}
