/** A row a point of the matrix: medians, and their intervals under them. */
import { differenceText, matchedText } from '../accuracy.ts';
import type { Estimate } from '../estimate.ts';
import { type Markup, markup } from '../markup.ts';
import { durationUnit, inUnit, MEBIBYTES, significant, type Unit } from '../numbers.ts';
import { pointNames } from '../point.ts';
import { growthRateText, growthText } from '../queue.ts';
import type { Interval } from '../statistics.ts';
import type { PointSummary, Summary } from '../summary.ts';
import { runsText } from '../table.ts';
import { breakingAtCommas, type Column, section, table } from './elements.ts';

/** The numbers of so many lines stand on one line of the page. */
const FEW_RUNS = 6;

export function summarySection({ points }: Summary): Markup {
  const { names, shared } = pointNames(points.map(({ parameters }) => parameters));
  const makespanUnit = durationUnit(medians(points, ({ makespanMs }) => makespanMs));
  const latencyUnit = durationUnit(medians(points, ({ latencyMs }) => latencyMs));
  const mebibytes = (bytes: number) => inUnit(bytes, MEBIBYTES);
  const columns: Column<PointSummary>[] = [
    { title: 'Point', cell: (_, index) => breakingAtCommas(names[index]!) },
    {
      title: 'Runs',
      cell: (point) => markup`${breakingAtCommas(runsText(point))}<br>${lineLinks(point)}`,
    },
    { title: 'n', numeric: true, cell: ({ ok, degraded }) => ok + degraded },
    {
      title: 'Makespan',
      unit: makespanUnit.name,
      numeric: true,
      cell: ({ makespanMs }) => estimate(makespanMs, (value) => inUnit(value, makespanUnit)),
    },
    ...speedupColumns(points),
    ...offeredColumn(points),
    {
      title: 'Throughput',
      unit: 'frames/s',
      numeric: true,
      cell: ({ throughputFps }) => estimate(throughputFps, significant),
    },
    ...queueColumn(points),
    {
      title: 'Latency',
      unit: latencyUnit.name,
      numeric: true,
      cell: ({ latencyMs }) => estimate(latencyMs, (value) => inUnit(value, latencyUnit)),
    },
    ...percentileColumn(points, 'Latency p90', latencyUnit, ({ latency90Ms }) => latency90Ms),
    ...percentileColumn(points, 'Latency p99', latencyUnit, ({ latency99Ms }) => latency99Ms),
    ...accuracyColumns(points),
    memoryColumn('Edge process peak', ({ memory }) => memory.edge?.processPeakBytes),
    memoryColumn('Edge engine', ({ memory }) => memory.edge?.engineBytes),
    memoryColumn('Gateway process peak', ({ memory }) => memory.gateway?.processPeakBytes),
    memoryColumn('Gateway engine', ({ memory }) => memory.gateway?.engineBytes),
    ...operationsColumn(points),
    {
      title: 'Sent, all nodes',
      unit: 'MiB',
      numeric: true,
      cell: ({ bytesSent }) => estimate(bytesSent, mebibytes),
    },
  ];
  const caption = `Medians of n repetitions, 95 % intervals below them${shared === '' ? '' : `; all with ${shared}`}`;
  return section('summary', 'Summary', table({ caption, columns, rows: points }));
}

/** Where some point has frames enough. */
function percentileColumn(
  points: readonly PointSummary[],
  title: string,
  unit: Unit,
  of: (point: PointSummary) => number | undefined,
): Column<PointSummary>[] {
  if (points.every((point) => of(point) === undefined)) return [];
  const cell = (point: PointSummary) => {
    const value = of(point);
    return value === undefined ? 'too few frames' : inUnit(value, unit);
  };
  return [{ title, unit: unit.name, numeric: true, cell }];
}

/** Against both baselines, where they were run. */
function speedupColumns(points: readonly PointSummary[]): Column<PointSummary>[] {
  const column = (
    title: string,
    of: (point: PointSummary) => Interval | undefined,
  ): Column<PointSummary>[] =>
    points.some((point) => of(point) !== undefined)
      ? [{ title, unit: 'times', numeric: true, cell: (point) => estimate(of(point), significant) }]
      : [];
  return [
    ...column('Speedup over one edge', ({ overOneEdge }) => overOneEdge),
    ...column('Speedup over local', ({ overLocal }) => overLocal),
  ];
}

/** Against float32, where another precision was run. */
function accuracyColumns(points: readonly PointSummary[]): Column<PointSummary>[] {
  if (points.every(({ accuracy }) => accuracy === undefined)) return [];
  return [
    {
      title: 'Largest difference',
      unit: 'from float32',
      numeric: true,
      cell: ({ accuracy }) => (accuracy === undefined ? '–' : differenceText(accuracy)),
    },
    {
      title: 'Detections matched',
      unit: 'of float32',
      numeric: true,
      cell: ({ accuracy }) => (accuracy === undefined ? '–' : matchedText(accuracy)),
    },
  ];
}

function offeredColumn(points: readonly PointSummary[]): Column<PointSummary>[] {
  if (points.every(({ queue }) => queue === undefined)) return [];
  return [
    {
      title: 'Offered',
      unit: 'frames/s',
      numeric: true,
      cell: ({ queue }) => (queue === undefined ? '–' : significant(queue.offeredFps)),
    },
  ];
}

function queueColumn(points: readonly PointSummary[]): Column<PointSummary>[] {
  if (points.every(({ queue }) => queue === undefined)) return [];
  return [
    {
      title: 'Queue',
      unit: 'of arrivals',
      cell: ({ queue }) =>
        queue === undefined
          ? '–'
          : markup`<b>${breakingAtCommas(growthText(queue))}</b><br><small class="together">${growthRateText(queue)}, largest ${significant(queue.largest.median)}</small>`,
    },
  ];
}

/** What was computed on edges: with `local` beside it, what partitioning computes twice. */
function operationsColumn(points: readonly PointSummary[]): Column<PointSummary>[] {
  if (points.every(({ operationsPerFrame }) => operationsPerFrame === undefined)) return [];
  return [
    {
      title: 'Operations of edges',
      unit: '10⁹ a frame',
      numeric: true,
      cell: ({ operationsPerFrame }) =>
        estimate(operationsPerFrame, (value) => significant(value / 1e9)),
    },
  ];
}

function memoryColumn(
  title: string,
  of: (point: PointSummary) => Estimate | undefined,
): Column<PointSummary> {
  return {
    title,
    unit: 'MiB',
    numeric: true,
    cell: (point) => estimate(of(point), (value) => inUnit(value, MEBIBYTES)),
  };
}

function estimate(value: Interval | undefined, text: (value: number) => string): Markup {
  if (value === undefined) return markup`–`;
  const { median, low, high } = value;
  const below =
    low === undefined || high === undefined ? 'no interval' : `${text(low)} – ${text(high)}`;
  return markup`<b>${text(median)}</b><br><small>${below}</small>`;
}

function lineLinks({ runs }: PointSummary): Markup {
  const links = runs.map(
    ({ line }, index) => markup`${index === 0 ? '' : ', '}<a href="#line-${line}">${line}</a>`,
  );
  const kind = runs.length <= FEW_RUNS ? markup` class="together"` : undefined;
  return markup`<small${kind}>${runs.length === 1 ? 'line' : 'lines'} ${links}</small>`;
}

function medians(
  points: readonly PointSummary[],
  of: (point: PointSummary) => Estimate | undefined,
): number[] {
  return points.flatMap((point) => of(point)?.median ?? []);
}
