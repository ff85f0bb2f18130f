/** Tables for terminals: columns aligned with spaces, numbers to the right. */
import { visible } from './markup.ts';
import { durationUnit, inUnit, MEBIBYTES, significant, type Unit } from './numbers.ts';
import type { Estimate, PointSummary, Summary } from './summary.ts';

export type Align = 'left' | 'right';

export interface TableOptions {
  /** Of each column; those that are not named stand left. */
  readonly align?: readonly Align[];
}

/** Lines of a table, without a newline at the end. */
export function plainTable(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  { align = [] }: TableOptions = {},
): string {
  const cells = [headers, ...rows].map((row) =>
    headers.map((_, column) => visible(row[column] ?? '').replace(/[\t\n\r]+/g, ' ')),
  );
  const widths = headers.map((_, column) =>
    Math.max(...cells.map((row) => columnsOf(row[column]!))),
  );
  const lineOf = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat(widths[column]! - columnsOf(cell));
        return align[column] === 'right' ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  const [head, ...body] = cells.map(lineOf);
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [head, rule, ...body].join('\n');
}

/** What `run` prints at its end: a row a point, and what the figures mean. */
export function terminalSummary({ points }: Summary): string {
  const headers = [
    'edges',
    'grid',
    'fused',
    'strategy',
    'runs',
    'makespan median [95 %]',
    'frames/s',
    'latency',
    'edge peak MiB',
    'engine MiB',
  ];
  const rows = points.map(terminalRow);
  const align: Align[] = ['right', 'left', 'right', 'left', 'left', ...numbers(5)];
  const notes = [
    ...(points.some(({ makespanMs }) => makespanMs?.count === 1)
      ? ['One repetition has no interval: repeat the trials to get one.']
      : []),
    ...(points.some(({ degraded }) => degraded > 0)
      ? ['Degraded runs are part of the medians; the report gives the reasons.']
      : []),
    ...(points.some(({ failed }) => failed > 0)
      ? ['Failed runs are not part of the medians; the report gives the errors.']
      : []),
  ];
  return [plainTable(headers, rows, { align }), ...notes].join('\n');
}

function terminalRow(point: PointSummary): string[] {
  const { edges, grid, fusedLayers, strategy, reuse } = point.parameters;
  const { makespanMs, latencyMs, throughputFps, memory } = point;
  const edge = memory.edge;
  return [
    String(edges),
    grid,
    String(fusedLayers),
    reuse ? `${strategy} + reuse` : strategy,
    runsText(point),
    makespanMs === undefined ? '-' : withInterval(makespanMs, durationUnit([makespanMs.median])),
    throughputFps === undefined ? '-' : significant(throughputFps.median),
    latencyMs === undefined ? '-' : inOwnUnit(latencyMs.median),
    edge === undefined ? '-' : inUnit(edge.processPeakBytes.median, MEBIBYTES),
    edge === undefined ? '-' : inUnit(edge.engineBytes.median, MEBIBYTES),
  ];
}

/** `3 ok`, or `1 ok, 1 degraded, 1 failed`. */
export function runsText({ ok, degraded, failed }: PointSummary): string {
  return [
    ...(ok > 0 ? [`${ok} ok`] : []),
    ...(degraded > 0 ? [`${degraded} degraded`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(', ');
}

/** `1234 ms [1200, 1250]`; without brackets where one repetition gives no interval. */
export function withInterval({ median, low, high }: Estimate, unit: Unit): string {
  const middle = `${inUnit(median, unit)}${unit.name === '' ? '' : ` ${unit.name}`}`;
  if (low === undefined || high === undefined) return middle;
  return `${middle} [${inUnit(low, unit)}, ${inUnit(high, unit)}]`;
}

function inOwnUnit(milliseconds: number): string {
  const unit = durationUnit([milliseconds]);
  return `${inUnit(milliseconds, unit)} ${unit.name}`;
}

function numbers(count: number): Align[] {
  return Array.from({ length: count }, () => 'right');
}

/** Columns that a terminal needs: code points, which is exact for all but wide scripts and emoji. */
function columnsOf(text: string): number {
  return [...text].length;
}
