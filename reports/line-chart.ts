/** Curves over the same labels. They differ in colour and in the shape of their marks, for readers without colour. */
import { roundStep } from './axis.ts';
import { type Drawing, type LegendEntry, legend, px } from './drawing.ts';
import { type Markup, markup } from './markup.ts';
import { significant } from './numbers.ts';

const LEFT = 46;
const PLOT_HEIGHT = 230;
const LABEL_HEIGHT = 44;
const NARROW = 440;
/** Of each label where there are many. */
const LABEL_WIDTH = 26;

export interface Line {
  /** Colour and mark: lines of one style belong together. */
  readonly style: number;
  /** Dashed with hollow marks: not measured here. */
  readonly dashed?: boolean;
  /** One a label, in the chart's unit; null where there is none. */
  readonly values: readonly (number | null)[];
  /** Around values, where they are known. */
  readonly intervals?: readonly ({ readonly low: number; readonly high: number } | null)[];
  /** Of the mark at a label. */
  readonly tip: (position: number) => string;
}

export interface LineChart {
  readonly title: string;
  readonly description: string;
  readonly x: { readonly title: string; readonly labels: readonly string[] };
  readonly legend: readonly LegendEntry[];
  readonly lines: readonly Line[];
}

/** The axis begins at zero. What a line has no value for is passed over: its neighbours are joined. */
export function lineChart({ title, description, x: axis, legend: key, lines }: LineChart): Drawing {
  const { labels } = axis;
  const width = Math.max(NARROW, LEFT + labels.length * LABEL_WIDTH + 20);
  const extents = lines.flatMap(({ values, intervals = [] }) => [
    ...values.map((value) => value ?? 0),
    ...intervals.map((interval) => interval?.high ?? 0),
  ]);
  // Not as arguments of one call: those of a large matrix are too many.
  const maximum = extents.reduce((most, extent) => Math.max(most, extent), 0);
  const step = roundStep(maximum, 5);
  const top = Math.max(step, Math.ceil(maximum / step - 1e-9) * step);
  const head = legend(key, LEFT, width - LEFT);
  const from = head.height + 14;
  const place: Place = {
    x: (index) => LEFT + 14 + (index * (width - LEFT - 34)) / (labels.length - 1 || 1),
    y: (value) => from + PLOT_HEIGHT * (1 - value / top),
  };
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  const grid = ticks.map(
    (tick) =>
      markup`<path class="grid" d="M${LEFT} ${px(place.y(tick))}H${width - 6}"/><text class="tick end" x="${LEFT - 6}" y="${px(place.y(tick) + 4)}">${significant(Number(tick.toPrecision(6)))}</text>`,
  );
  const bottom = from + PLOT_HEIGHT;
  const turned = labels.length > 12;
  const names = labels.map((name, index) =>
    turned
      ? markup`<text class="tick end" transform="translate(${px(place.x(index) + 4)} ${bottom + 12}) rotate(-50)">${name}</text>`
      : markup`<text class="tick middle" x="${px(place.x(index))}" y="${bottom + 17}">${name}</text>`,
  );
  const axisTitle = markup`<text class="tick end" x="${width - 6}" y="${bottom + 34}">${axis.title}</text>`;
  return {
    title,
    description,
    width,
    height: bottom + LABEL_HEIGHT,
    body: markup`${head.body}${grid}${names}${axisTitle}${lines.map((line) => curve(line, place))}`,
  };
}

/** A legend's entry for all lines of a style. */
export function lineKey(style: number, name: string): LegendEntry {
  return { label: name, swatch: mark(style, 9, 9, true) };
}

interface Place {
  readonly x: (position: number) => number;
  readonly y: (value: number) => number;
}

function curve({ style, dashed = false, values, intervals = [], tip }: Line, { x, y }: Place) {
  const known = values.flatMap((value, position) => (value === null ? [] : [{ value, position }]));
  const path = known
    .map(({ value, position }) => `${px(x(position))} ${px(y(value))}`)
    .join('L')
    .replace(/^(?=.)/, 'M');
  const whiskers = intervals.map((interval, position) => {
    if (interval === null) return undefined;
    const [at, high, low] = [px(x(position)), px(y(interval.high)), px(y(interval.low))];
    return markup`<path class="curve ${colour(style)}" d="M${at} ${low}V${high}M${at - 4} ${low}h8M${at - 4} ${high}h8"/>`;
  });
  const marks = known.map(
    ({ value, position }) =>
      markup`<g>${mark(style, x(position), y(value), !dashed)}<title>${tip(position)}</title></g>`,
  );
  const dash = dashed ? markup` stroke-dasharray="5 4"` : undefined;
  return markup`<path class="curve ${colour(style)}" d="${path}"${dash}/>${whiskers}${marks}`;
}

function colour(style: number): string {
  return `f${style % 6}`;
}

function mark(style: number, x: number, y: number, filled: boolean): Markup {
  const kind = filled ? colour(style) : `curve ${colour(style)}`;
  const at = (dx: number, dy: number) => `${px(x + dx)} ${px(y + dy)}`;
  switch (style % 4) {
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
