/** What `run` prints at its end: a row a point, and what the figures mean. */
import type { Parameters } from '../harness/results/format.ts';
import { matchedText } from './accuracy.ts';
import { durationUnit, inUnit, MEBIBYTES, significant } from './numbers.ts';
import { queueText } from './queue.ts';
import type { PointSummary, Summary } from './summary.ts';
import { plainTable, runsText, withInterval } from './table.ts';

interface TerminalColumn {
  readonly title: string;
  /** Undefined: the point has no such figure. */
  readonly cell: (point: PointSummary) => string | undefined;
  readonly words?: boolean;
  /** Left out where no point has it, or where it is the same of all. */
  readonly shown?: 'where any has it' | 'where it varies';
}

const COLUMNS: readonly TerminalColumn[] = [
  { title: 'edges', cell: ({ parameters }) => String(parameters.edges) },
  { title: 'grid', words: true, cell: ({ parameters }) => parameters.grid },
  { title: 'fused', cell: ({ parameters }) => String(parameters.fusedLayers) },
  { title: 'strategy', words: true, cell: ({ parameters }) => strategyText(parameters) },
  parameter('order'),
  parameter('align'),
  parameter('precision'),
  parameter('sources'),
  parameter('rate'),
  { title: 'runs', words: true, cell: runsText },
  {
    title: 'makespan median [95 %]',
    cell: ({ makespanMs }) =>
      makespanMs && withInterval(makespanMs, durationUnit([makespanMs.median])),
  },
  {
    title: 'x one edge',
    shown: 'where any has it',
    cell: ({ overOneEdge }) => overOneEdge && significant(overOneEdge.median),
  },
  {
    title: 'x local',
    shown: 'where any has it',
    cell: ({ overLocal }) => overLocal && significant(overLocal.median),
  },
  {
    title: 'offered/s',
    shown: 'where any has it',
    cell: ({ queue }) => queue && significant(queue.offeredFps),
  },
  {
    title: 'frames/s',
    cell: ({ throughputFps }) => throughputFps && significant(throughputFps.median),
  },
  {
    title: 'queue',
    words: true,
    shown: 'where any has it',
    cell: ({ queue }) => queue && queueText(queue),
  },
  { title: 'latency', cell: ({ latencyMs }) => latencyMs && inOwnUnit(latencyMs.median) },
  {
    title: 'as float32',
    shown: 'where any has it',
    cell: ({ accuracy }) => accuracy && matchedText(accuracy),
  },
  {
    title: 'edge peak MiB',
    cell: ({ memory: { edge } }) => edge && inUnit(edge.processPeakBytes.median, MEBIBYTES),
  },
  {
    title: 'engine MiB',
    cell: ({ memory: { edge } }) => edge && inUnit(edge.engineBytes.median, MEBIBYTES),
  },
];

export function terminalSummary({ points }: Summary): string {
  const columns = COLUMNS.filter((column) => isShown(column, points));
  const rows = points.map((point) => columns.map(({ cell }) => cell(point) ?? '-'));
  const table = plainTable(
    columns.map(({ title }) => title),
    rows,
    { align: columns.map(({ words }) => (words === true ? 'left' : 'right')) },
  );
  return [table, ...notes(points)].join('\n');
}

function isShown({ shown, cell }: TerminalColumn, points: readonly PointSummary[]): boolean {
  const cells = new Set(points.map(cell));
  if (shown === 'where any has it') return cells.size > 1 || !cells.has(undefined);
  return shown === undefined || cells.size > 1;
}

function notes(points: readonly PointSummary[]): string[] {
  return [
    ...(points.some(({ makespanMs }) => makespanMs?.count === 1)
      ? ['One repetition has no interval: repeat the trials to get one.']
      : []),
    ...(points.some(({ degraded }) => degraded > 0)
      ? ['Degraded runs are part of the medians; the report gives the reasons.']
      : []),
    ...(points.some(({ failed }) => failed > 0)
      ? ['Failed runs are not part of the medians; the report gives the errors.']
      : []),
    ...(points.some(({ invalid }) => invalid > 0)
      ? ['Invalid runs are part of no figure; the report gives the reasons.']
      : []),
  ];
}

/** A choice that few experiments vary. */
function parameter(name: string): TerminalColumn {
  return {
    title: name,
    words: true,
    shown: 'where it varies',
    cell: ({ parameters }) => {
      const value: unknown = (parameters as unknown as Record<string, unknown>)[name];
      return value === undefined ? undefined : String(value);
    },
  };
}

function strategyText({ strategy, reuse }: Parameters): string {
  return reuse ? `${strategy} + reuse` : strategy;
}

function inOwnUnit(milliseconds: number): string {
  const unit = durationUnit([milliseconds]);
  return `${inUnit(milliseconds, unit)} ${unit.name}`;
}
