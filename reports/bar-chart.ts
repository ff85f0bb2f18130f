/** Rows of bars: several a row, side by side or end to end. */
import { AXIS_HEIGHT, axisFromZero } from './axis.ts';
import { type Drawing, label, legend, px, roomBeside, swatch } from './drawing.ts';
import { markup } from './markup.ts';
import { inUnit, type Unit } from './numbers.ts';

const LEFT = 6;
const MARGIN_RIGHT = 10;
/** A name may take so much, however wide the chart. */
const LONGEST_LABEL = 420;

export interface Series {
  readonly label: string;
  /** In a row's own text; the label's first word where it is left out. */
  readonly short?: string;
  readonly colour: string;
  /** In base units, one a row; undefined where a row has none. */
  readonly values: readonly (number | undefined)[];
}

export interface BarChart {
  readonly title: string;
  readonly description: string;
  readonly unit: Unit;
  readonly width: number;
  readonly rows: readonly string[];
  readonly series: readonly Series[];
  /** Bars of a row end to end, rather than below each other. */
  readonly stacked?: boolean;
}

/** An empty chart has its axis alone. */
export function barChart({ stacked = false, ...chart }: BarChart): Drawing {
  const { title, description, unit, width, rows, series } = chart;
  const perRow = (row: number) => series.map(({ values }) => values[row] ?? 0);
  const extent = (values: readonly number[]) =>
    stacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
  const maximum = Math.max(0, ...rows.map((_, row) => extent(perRow(row))));
  const right = width - MARGIN_RIGHT;
  const axis = axisFromZero({ left: LEFT, right, maximum, unit });
  const head = legend(
    series.map(({ label: name, colour }) => ({ label: name, swatch: swatch(colour) })),
    LEFT,
    right - LEFT,
  );
  const thickness = 11;
  const rowHeight = 28 + (stacked ? thickness : series.length * (thickness + 2));
  const bars = rows.map((name, row) => {
    const y = head.height + 6 + row * rowHeight;
    let startsAt = 0;
    const rects = series.map(({ label: of, colour, values }, index) => {
      const value = values[row];
      if (value === undefined) return undefined;
      const from = stacked ? startsAt : 0;
      startsAt += value;
      const top = y + 23 + (stacked ? 0 : index * (thickness + 2));
      return markup`<rect class="${colour}" x="${px(axis.x(from))}" y="${top}" width="${px(axis.x(from + value) - axis.x(from))}" height="${thickness}" rx="2"><title>${`${name}, ${of}: ${inUnit(value, unit)} ${unit.name}`}</title></rect>`;
    });
    const text = series.flatMap(({ label: of, short = of.split(' ')[0], values }) =>
      values[row] === undefined ? [] : [`${short} ${inUnit(values[row], unit)}`],
    );
    const note = text.join(' · ');
    return markup`${label(name, LEFT, y + 16, Math.min(LONGEST_LABEL, roomBeside(note, right - LEFT)))}<text class="note end" x="${right}" y="${y + 16}">${note}</text>${rects}`;
  });
  const bottom = head.height + 10 + rows.length * rowHeight;
  return {
    title,
    description,
    width,
    height: bottom + AXIS_HEIGHT,
    body: markup`${head.body}${axis.draw(head.height + 6, bottom)}${bars}`,
  };
}
