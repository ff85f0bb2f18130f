/** A paper's curves and ours on the same axes: the paper's dashed with hollow marks, ours solid with filled ones. */
import type { ReproducedPanel, ReproducedSeries } from '../../harness/results/reproduction.ts';
import type { Drawing } from '../drawing.ts';
import { type Line, lineChart, lineKey } from '../line-chart.ts';
import { markup } from '../markup.ts';
import { significant } from '../numbers.ts';

export function curveChart(panel: ReproducedPanel, series: readonly ReproducedSeries[]): Drawing {
  const { title, unit, x } = panel;
  return lineChart({
    title,
    description: `In ${unit}. Dashed: the paper's; solid: here.`,
    x,
    legend: [
      ...series.map(({ name }, style) => lineKey(style, name)),
      { label: 'paper', swatch: markup`<path class="mark" d="M0 9H18"/>` },
      { label: 'here', swatch: markup`<path class="grid curve f6" d="M0 9H18"/>` },
    ],
    lines: series.flatMap(({ name, paper, ours }, style): Line[] => {
      const tip = (values: ReproducedSeries['ours'], who: string) => (position: number) =>
        `${name}, ${x.labels[position]}, ${who}: ${significant(values[position]!)} ${unit}`;
      return [
        { style, dashed: true, values: paper, tip: tip(paper, 'paper') },
        { style, values: ours, tip: tip(ours, 'here') },
      ];
    }),
  });
}
interface CurveGroup {
  /** Such as "(3x3)"; empty where all curves stand together. */
  readonly name: string;
  readonly series: readonly ReproducedSeries[];
}

/** Curves that are read together: those of one grid, and those of none with each of them. */
function chartGroups(panel: ReproducedPanel): readonly CurveGroup[] {
  const all = [{ name: '', series: panel.series }];
  if (panel.series.length <= 4) return all;
  const gridOf = ({ name }: ReproducedSeries) => /^\d+x\d+(?= )/.exec(name)?.[0];
  const grids = new Set(panel.series.flatMap((one) => gridOf(one) ?? []));
  if (grids.size === 0) return all;
  return [...grids].map((grid) => ({
    name: `(${grid})`,
    series: panel.series.filter((one) => gridOf(one) === undefined || gridOf(one) === grid),
  }));
}

/** One chart, or one a grid where there are many curves. Charts without a value are left out. */
export function panelCharts(panel: ReproducedPanel): readonly Drawing[] {
  return chartGroups(panel).map(({ name, series }) => {
    const told = series.filter(({ paper, ours }) =>
      [...paper, ...ours].some((value) => value !== null),
    );
    return curveChart({ ...panel, title: [panel.title, name].join(' ').trim() }, told);
  });
}
