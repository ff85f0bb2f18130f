/**
 * A paper's curves and ours on the same axes: the paper's dashed with hollow marks, ours solid with
 * filled ones. Curves differ in colour and in the shape of their marks.
 */
import type { ReproducedPanel, ReproducedSeries } from '../../harness/results/reproduction.ts';
import { roundStep } from '../axis.ts';
import { type Drawing, legend, px } from '../drawing.ts';
import { type Markup, markup } from '../markup.ts';
import { significant } from '../numbers.ts';

const LEFT = 46;
const PLOT_HEIGHT = 230;
const LABEL_HEIGHT = 44;
const NARROW = 440;
/** Of each label where there are many. */
const LABEL_WIDTH = 26;

type Values = readonly (number | null)[];

export function curveChart(panel: ReproducedPanel, series: readonly ReproducedSeries[]): Drawing {
  const { labels } = panel.x;
  const width = Math.max(NARROW, LEFT + labels.length * LABEL_WIDTH + 20);
  const values = series.flatMap(({ paper, ours }) => [...paper, ...ours]);
  const maximum = Math.max(0, ...values.map((value) => value ?? 0));
  const step = roundStep(maximum, 5);
  const top = Math.max(step, Math.ceil(maximum / step - 1e-9) * step);
  const head = legend(
    [
      ...series.map(({ name }, index) => ({ label: name, swatch: mark(index, 9, 9, true) })),
      { label: 'paper', swatch: markup`<path class="mark" d="M0 9H18"/>` },
      { label: 'here', swatch: markup`<path class="grid curve f6" d="M0 9H18"/>` },
    ],
    LEFT,
    width - LEFT,
  );
  const from = head.height + 14;
  const x = (index: number) => LEFT + 14 + (index * (width - LEFT - 34)) / (labels.length - 1 || 1);
  const y = (value: number) => from + PLOT_HEIGHT * (1 - value / top);
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  const grid = ticks.map(
    (tick) =>
      markup`<path class="grid" d="M${LEFT} ${px(y(tick))}H${width - 6}"/><text class="tick end" x="${LEFT - 6}" y="${px(y(tick) + 4)}">${significant(Number(tick.toPrecision(6)))}</text>`,
  );
  const bottom = from + PLOT_HEIGHT;
  const turned = labels.length > 12;
  const names = labels.map((name, index) =>
    turned
      ? markup`<text class="tick end" transform="translate(${px(x(index) + 4)} ${bottom + 12}) rotate(-50)">${name}</text>`
      : markup`<text class="tick middle" x="${px(x(index))}" y="${bottom + 17}">${name}</text>`,
  );
  const curves = series.map((one, index) => [
    curve(one.paper, { index, x, y, ours: false, panel, name: one.name }),
    curve(one.ours, { index, x, y, ours: true, panel, name: one.name }),
  ]);
  const title = markup`<text class="tick end" x="${width - 6}" y="${bottom + 34}">${panel.x.title}</text>`;
  return {
    title: panel.title,
    description: `In ${panel.unit}. Dashed: the paper's; solid: here.`,
    width,
    height: bottom + LABEL_HEIGHT,
    body: markup`${head.body}${grid}${names}${title}${curves}`,
  };
}

interface CurveSetup {
  readonly index: number;
  readonly ours: boolean;
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
  readonly panel: ReproducedPanel;
  readonly name: string;
}

function curve(values: Values, { index, ours, x, y, panel, name }: CurveSetup): Markup {
  const path: string[] = [];
  let pen = 'M';
  for (const [position, value] of values.entries()) {
    if (value === null) continue;
    path.push(`${pen}${px(x(position))} ${px(y(value))}`);
    // What was not run is passed over: its neighbours are joined, and it has no mark.
    pen = 'L';
  }
  const marks = values.map((value, position) => {
    if (value === null) return undefined;
    const who = ours ? 'here' : 'paper';
    const tip = `${name}, ${panel.x.labels[position]}, ${who}: ${significant(value)} ${panel.unit}`;
    return markup`<g>${mark(index, x(position), y(value), ours)}<title>${tip}</title></g>`;
  });
  const dash = ours ? undefined : markup` stroke-dasharray="5 4"`;
  return markup`<path class="curve ${colour(index)}" d="${path.join('')}"${dash}/>${marks}`;
}

function colour(index: number): string {
  return `f${index % 6}`;
}

function mark(index: number, x: number, y: number, filled: boolean): Markup {
  const kind = filled ? colour(index) : `curve ${colour(index)}`;
  const at = (dx: number, dy: number) => `${px(x + dx)} ${px(y + dy)}`;
  switch (index % 4) {
    case 0:
      return markup`<circle class="${kind}" cx="${px(x)}" cy="${px(y)}" r="4"/>`;
    case 1:
      return markup`<rect class="${kind}" x="${px(x - 3.5)}" y="${px(y - 3.5)}" width="7" height="7"/>`;
    case 2:
      return markup`<path class="${kind}" d="M${at(0, -4.5)}L${at(4.5, 3.5)}L${at(-4.5, 3.5)}Z"/>`;
    default:
      return markup`<path class="${kind}" d="M${at(0, -5)}L${at(5, 0)}L${at(0, 5)}L${at(-5, 0)}Z"/>`;
  }
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
