/** The charts: rows of makespans with their intervals and runs, and rows of bars. */
import { AXIS_HEIGHT, axisFromZero } from './axis.ts';
import { type Drawing, label, legend, px, swatch } from './drawing.ts';
import { type Markup, markup } from './markup.ts';
import { durationText, durationUnit, inUnit, MEBIBYTES, type Unit } from './numbers.ts';
import { pointNames } from './point.ts';
import type { NodeSummary, PointSummary, Run } from './summary.ts';
import { withInterval } from './table.ts';

const LEFT = 6;
/** Of charts that stand two in a row, and of those that stand three in one. */
const HALF_WIDTH = 440;
const THIRD_WIDTH = 360;
const MARGIN_RIGHT = 10;
const TILES: Unit = { name: 'tiles', size: 1 };

interface Series {
  readonly label: string;
  readonly colour: string;
  /** In base units, one a row. */
  readonly values: readonly number[];
}

interface BarChart {
  readonly title: string;
  readonly description: string;
  readonly unit: Unit;
  readonly width: number;
  readonly rows: readonly string[];
  readonly series: readonly Series[];
  /** Bars of a row end to end, rather than below each other. */
  readonly stacked?: boolean;
}

/** Every point's median makespan, its interval, and a dot for every repetition. */
export function makespanChart(points: readonly PointSummary[]): Drawing {
  const unit = durationUnit(
    points.flatMap(({ runs }) => runs.map(({ makespanMs }) => makespanMs ?? 0)),
  );
  const { names, shared } = pointNames(points.map(({ parameters }) => parameters));
  const maximum = Math.max(
    0,
    ...points.flatMap(({ runs }) => runs.map((run) => run.makespanMs ?? 0)),
  );
  const width = HALF_WIDTH;
  const right = width - MARGIN_RIGHT;
  const axis = axisFromZero({ left: LEFT, right, maximum, unit });
  const head = legend(
    [
      { label: 'median', swatch: markup`<circle class="median" cx="9" cy="9" r="4.5"/>` },
      {
        label: '95 % interval',
        swatch: markup`<path class="interval" d="M1 9H17M1 5V13M17 5V13"/>`,
      },
      { label: 'one run', swatch: markup`<circle class="run" cx="9" cy="9" r="3.5"/>` },
      {
        label: 'degraded run',
        swatch: markup`<circle class="run degraded" cx="9" cy="9" r="3.5"/>`,
      },
    ],
    LEFT,
    right - LEFT,
  );
  const rowHeight = 52;
  const rows = points.map((point, index) => {
    const y = head.height + 6 + index * rowHeight;
    const { makespanMs } = point;
    const text =
      makespanMs === undefined ? 'no run came to an end' : withInterval(makespanMs, unit);
    return markup`${label(names[index]!, LEFT, y + 16, (right - LEFT) * 0.52)}<text class="end" x="${right}" y="${y + 16}">${text}</text>${makespanMs === undefined ? undefined : intervalMark(makespanMs, axis.x, y + 29)}${runDots(point.runs, unit, axis.x, y + 42)}`;
  });
  const bottom = head.height + 10 + points.length * rowHeight;
  return {
    title: 'Makespan',
    description: `From the start signal to the last detections${shared === '' ? '' : `; all with ${shared}`}.`,
    width,
    height: bottom + AXIS_HEIGHT,
    body: markup`${head.body}${axis.draw(head.height + 6, bottom)}${rows}`,
  };
}

function intervalMark(
  { median, low, high }: NonNullable<PointSummary['makespanMs']>,
  x: (value: number) => number,
  y: number,
): Markup {
  const line =
    low === undefined || high === undefined
      ? undefined
      : markup`<path class="interval" d="M${px(x(low))} ${y}H${px(x(high))}M${px(x(low))} ${y - 5}v10M${px(x(high))} ${y - 5}v10"/>`;
  return markup`${line}<circle class="median" cx="${px(x(median))}" cy="${y}" r="4.5"/>`;
}

function runDots(
  runs: readonly Run[],
  unit: Unit,
  x: (value: number) => number,
  y: number,
): readonly Markup[] {
  return runs.flatMap(({ makespanMs, repetition, status, line }) => {
    if (makespanMs === undefined) return [];
    const tip = `repetition ${repetition}: ${durationText(makespanMs, unit)}, ${status} (trials.jsonl, line ${line})`;
    return [
      markup`<circle class="run${status === 'degraded' ? ' degraded' : ''}" cx="${px(x(makespanMs))}" cy="${y}" r="3.5"><title>${tip}</title></circle>`,
    ];
  });
}

/** The largest edge's memory at every point: its process, and beside it what the engine holds. */
export function edgeMemoryChart(points: readonly PointSummary[]): Drawing {
  const measured = points.filter(({ memory }) => memory.edge !== undefined);
  const { names, shared } = pointNames(points.map(({ parameters }) => parameters));
  return barChart({
    title: 'Memory of the largest edge',
    description: `The engine's memory is a part of the process${shared === '' ? '' : `; all with ${shared}`}.`,
    unit: MEBIBYTES,
    width: HALF_WIDTH,
    rows: measured.map((point) => names[points.indexOf(point)]!),
    series: memorySeries(
      measured.map(({ memory }) => ({
        processPeakBytes: memory.edge!.processPeakBytes.median,
        engineBytes: memory.edge!.engineBytes.median,
      })),
    ),
  });
}

export function nodeMemoryChart(nodes: readonly NodeSummary[]): Drawing {
  return barChart({
    title: 'Memory',
    description: "A process at its peak, and beside it the engine's weights and activations.",
    unit: MEBIBYTES,
    width: THIRD_WIDTH,
    rows: nodes.map(({ node }) => node),
    series: memorySeries(nodes),
  });
}

export function trafficChart(nodes: readonly NodeSummary[]): Drawing {
  return barChart({
    title: 'Traffic',
    description: 'Bytes of tilebed’s messages, before encryption.',
    unit: MEBIBYTES,
    width: THIRD_WIDTH,
    rows: nodes.map(({ node }) => node),
    series: [
      { label: 'sent', colour: 'f0', values: nodes.map(({ bytesSent }) => bytesSent) },
      { label: 'received', colour: 'f1', values: nodes.map(({ bytesReceived }) => bytesReceived) },
    ],
  });
}

export function tilesChart(nodes: readonly NodeSummary[]): Drawing {
  const edges = nodes.filter(({ role }) => role === 'edge');
  return barChart({
    title: 'Tiles',
    description: 'Computed tiles of an edge’s own frames, and those stolen from another.',
    unit: TILES,
    width: THIRD_WIDTH,
    rows: edges.map(({ node }) => node),
    stacked: true,
    series: [
      {
        label: 'own',
        colour: 'f0',
        values: edges.map(({ tilesComputed, tilesStolen }) => tilesComputed - tilesStolen),
      },
      { label: 'stolen', colour: 'f1', values: edges.map(({ tilesStolen }) => tilesStolen) },
    ],
  });
}

function memorySeries(
  rows: readonly Pick<NodeSummary, 'processPeakBytes' | 'engineBytes'>[],
): Series[] {
  return [
    {
      label: 'process peak (VmHWM)',
      colour: 'f0',
      values: rows.map(({ processPeakBytes }) => processPeakBytes),
    },
    { label: 'engine', colour: 'f1', values: rows.map(({ engineBytes }) => engineBytes) },
  ];
}

function barChart({ stacked = false, ...chart }: BarChart): Drawing {
  const { title, description, unit, width, rows, series } = chart;
  const perRow = (row: number) => series.map(({ values }) => values[row]!);
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
      const value = values[row]!;
      const from = stacked ? startsAt : 0;
      startsAt += value;
      const top = y + 23 + (stacked ? 0 : index * (thickness + 2));
      return markup`<rect class="${colour}" x="${px(axis.x(from))}" y="${top}" width="${px(axis.x(from + value) - axis.x(from))}" height="${thickness}" rx="2"><title>${`${name}, ${of}: ${inUnit(value, unit)} ${unit.name}`}</title></rect>`;
    });
    const text = series.map(
      (one) => `${one.label.split(' ')[0]} ${inUnit(one.values[row]!, unit)}`,
    );
    return markup`${label(name, LEFT, y + 16, (right - LEFT) * 0.45)}<text class="note end" x="${right}" y="${y + 16}">${text.join(' · ')}</text>${rects}`;
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
