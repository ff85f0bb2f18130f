/** The charts that compare points or nodes: makespans with their intervals and runs, and rows of bars. */
import { AXIS_HEIGHT, axisFromZero } from './axis.ts';
import { barChart, type Series } from './bar-chart.ts';
import { type Drawing, label, legend, px, roomBeside } from './drawing.ts';
import { type Markup, markup } from './markup.ts';
import type { NodeSummary } from './node-summary.ts';
import { durationText, durationUnit, MEBIBYTES, type Unit } from './numbers.ts';
import { pointNames } from './point.ts';
import type { PointSummary, Run } from './summary.ts';
import { withInterval } from './table.ts';
import { trendCharts } from './trend-chart.ts';

const LEFT = 6;
/** Of charts that stand two in a row, and of those that stand three in one. */
const HALF_WIDTH = 440;
const THIRD_WIDTH = 360;
const MARGIN_RIGHT = 10;
const TILES: Unit = { name: 'tiles', size: 1 };
const FRAME_RATE: Unit = { name: 'frames/s', size: 1 };
const TIMES: Unit = { name: 'times', size: 1 };

/** All charts that put points beside each other, in the order in which they are read. */
export function comparisonCharts(points: readonly PointSummary[]): readonly Drawing[] {
  return [
    makespanChart(points),
    speedupChart(points),
    ...trendCharts(points),
    loadChart(points),
    edgeMemoryChart(points),
  ].filter((chart) => chart !== undefined);
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
    const text = makespanMs === undefined ? noFigure(point) : withInterval(makespanMs, unit);
    return markup`${label(names[index]!, LEFT, y + 16, roomBeside(text, right - LEFT))}<text class="end" x="${right}" y="${y + 16}">${text}</text>${makespanMs === undefined ? undefined : intervalMark(makespanMs, axis.x, y + 29)}${runDots(point.runs, unit, axis.x, y + 42)}`;
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

function noFigure({ invalid }: PointSummary): string {
  return invalid > 0 ? 'no run was valid' : 'no run came to an end';
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

/** Both baselines beside each other; undefined where no point has one. */
export function speedupChart(points: readonly PointSummary[]): Drawing | undefined {
  const compared = points.filter((point) => point.overOneEdge ?? point.overLocal);
  if (compared.length === 0) return undefined;
  const { names, shared } = pointNames(compared.map(({ parameters }) => parameters));
  const series: readonly Series[] = [
    {
      label: 'over its own run on one edge',
      short: 'one edge',
      colour: 'f0',
      values: compared.map(({ overOneEdge }) => overOneEdge?.median),
    },
    {
      label: 'over local',
      short: 'local',
      colour: 'f1',
      values: compared.map(({ overLocal }) => overLocal?.median),
    },
  ];
  return barChart({
    title: 'Speedup',
    description: `Ratio of median makespans. One edge runs the same strategy; local is the whole network, not partitioned, on the source${shared === '' ? '' : `; all with ${shared}`}.`,
    unit: TIMES,
    width: HALF_WIDTH,
    rows: names,
    series: series.filter(({ values }) => values.some((value) => value !== undefined)),
  });
}

/** What was offered and what was answered; undefined where no frames came at a rate. */
export function loadChart(points: readonly PointSummary[]): Drawing | undefined {
  const loaded = points.filter(({ queue }) => queue !== undefined);
  if (loaded.length === 0) return undefined;
  const { names, shared } = pointNames(loaded.map(({ parameters }) => parameters));
  return barChart({
    title: 'Load and throughput',
    description: `Frames that came, all sources together, and frames that were answered${shared === '' ? '' : `; all with ${shared}`}.`,
    unit: FRAME_RATE,
    width: HALF_WIDTH,
    rows: names,
    series: [
      { label: 'offered', colour: 'f6', values: loaded.map(({ queue }) => queue!.offeredFps) },
      {
        label: 'throughput',
        colour: 'f0',
        values: loaded.map(({ throughputFps }) => throughputFps?.median),
      },
    ],
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
