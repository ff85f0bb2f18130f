/** A row a point of the matrix: medians, and their intervals under them. */
import { type Markup, markup } from '../markup.ts';
import { durationUnit, inUnit, MEBIBYTES, significant } from '../numbers.ts';
import { pointNames } from '../point.ts';
import type { Estimate, NodeSummary, PointSummary, Summary } from '../summary.ts';
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
    {
      title: 'Throughput',
      unit: 'frames/s',
      numeric: true,
      cell: ({ throughputFps }) => estimate(throughputFps, significant),
    },
    {
      title: 'Latency',
      unit: latencyUnit.name,
      numeric: true,
      cell: ({ latencyMs }) => estimate(latencyMs, (value) => inUnit(value, latencyUnit)),
    },
    {
      title: 'Latency p95',
      unit: latencyUnit.name,
      numeric: true,
      cell: ({ latency95Ms }) =>
        latency95Ms === undefined ? '–' : inUnit(latency95Ms, latencyUnit),
    },
    memoryColumn('Edge process peak', ({ memory }) => memory.edge?.processPeakBytes),
    memoryColumn('Edge engine', ({ memory }) => memory.edge?.engineBytes),
    memoryColumn('Gateway process peak', ({ memory }) => memory.gateway?.processPeakBytes),
    memoryColumn('Gateway engine', ({ memory }) => memory.gateway?.engineBytes),
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

/** A row a node of one point. */
export function nodesTable(nodes: readonly NodeSummary[]): Markup {
  const bytes = (
    title: string,
    field: 'processPeakBytes' | 'engineBytes' | 'bytesSent' | 'bytesReceived',
  ) => ({
    title,
    unit: 'MiB',
    numeric: true,
    cell: (node: NodeSummary) => inUnit(node[field], MEBIBYTES),
  });
  const count = (
    title: string,
    field: 'count' | 'tilesComputed' | 'tilesStolen' | 'tilesReissued',
  ) => ({
    title,
    numeric: true,
    cell: (node: NodeSummary) => node[field],
  });
  return table({
    caption: 'Medians of each node over the repetitions in which it lived to report',
    columns: [
      { title: 'Node', cell: ({ node }) => node },
      { title: 'Role', cell: ({ role }) => role },
      count('Reports', 'count'),
      bytes('Process peak', 'processPeakBytes'),
      bytes('Engine', 'engineBytes'),
      {
        title: 'CPU time',
        unit: 's',
        numeric: true,
        cell: ({ cpuSeconds }) => significant(cpuSeconds),
      },
      bytes('Sent', 'bytesSent'),
      bytes('Received', 'bytesReceived'),
      count('Tiles computed', 'tilesComputed'),
      count('Of them stolen', 'tilesStolen'),
      count('Reissued', 'tilesReissued'),
    ],
    rows: nodes,
  });
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

function estimate(value: Estimate | undefined, text: (value: number) => string): Markup {
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
