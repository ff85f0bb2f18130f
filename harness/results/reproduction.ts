/**
 * What `tilebed reproduce` writes as `reproduction.json`: a figure of a paper beside what was computed
 * or measured here, and what becomes of the paper's claims.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What the files of a figure in a results folder are called, without their ending: `reproduction`, or
 * where those are another figure's, drawn from the same results, a name of its own.
 */
export async function reproductionStem(folder: string, figure: string): Promise<string> {
  const text = await readFile(join(folder, 'reproduction.json'), 'utf8').catch(() => '{}');
  const other = figureOf(text);
  return other === undefined || other === figure ? 'reproduction' : `reproduction-${figure}`;
}

/** Undefined of a file that nobody can read. */
function figureOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as Partial<Reproduction>).figure;
  } catch {
    return undefined;
  }
}

/** Those of DeepThings' figures: curves and labels are called by them. */
export const PAPER_GRIDS: readonly string[] = ['3x3', '4x4', '5x5'];

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
