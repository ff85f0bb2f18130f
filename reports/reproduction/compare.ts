/** Ours over the paper's, point by point. Pure. */
import type { ReproducedPanel } from '../../harness/results/reproduction.ts';

export interface ComparedPoint {
  readonly series: string;
  readonly label: string;
  readonly paper: number;
  readonly ours: number;
  /** Undefined where the paper's is nothing. */
  readonly ratio: number | undefined;
}

export function comparedPoints({ series, x }: ReproducedPanel): readonly ComparedPoint[] {
  return series.flatMap(({ name, paper, ours }) =>
    x.labels.flatMap((label, index): ComparedPoint[] => {
      const [theirs, own] = [paper[index], ours[index]];
      if (theirs === null || theirs === undefined || own === null || own === undefined) return [];
      const ratio = theirs === 0 ? undefined : own / theirs;
      return [{ series: name, label, paper: theirs, ours: own, ratio }];
    }),
  );
}

/** Such as "96 of 96 points, largest difference 0.002 MiB"; undefined where nothing is compared. */
export function agreement(panel: ReproducedPanel): string | undefined {
  const points = comparedPoints(panel);
  if (points.length === 0) return undefined;
  const all = panel.series.flatMap(({ paper }) => paper.filter((value) => value !== null)).length;
  const which = `${points.length} of ${all} points`;
  if (panel.how === 'arithmetic') {
    const largest = Math.max(...points.map(({ paper, ours }) => Math.abs(paper - ours)));
    return `${which}, largest difference ${largest.toFixed(4)} ${panel.unit}`;
  }
  const ratios = points.flatMap(({ ratio }) => ratio ?? []).sort((a, b) => a - b);
  const middle = ratios[Math.floor(ratios.length / 2)] ?? 1;
  return `${which}, ratio here to paper ${middle.toFixed(2)} in the middle, from ${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)}`;
}
