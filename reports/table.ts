/** Tables for terminals: columns aligned with spaces, numbers to the right. */
import { visible } from './markup.ts';
import { inUnit, type Unit } from './numbers.ts';
import type { Interval } from './statistics.ts';
import type { PointSummary } from './summary.ts';

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

/** `3 ok`, or `1 ok, 1 degraded, 1 failed`. */
export function runsText({ ok, degraded, failed, invalid }: PointSummary): string {
  return [
    ...(ok > 0 ? [`${ok} ok`] : []),
    ...(degraded > 0 ? [`${degraded} degraded`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(invalid > 0 ? [`${invalid} invalid`] : []),
  ].join(', ');
}

/** `1234 ms [1200, 1250]`; without brackets where one repetition gives no interval. */
export function withInterval({ median, low, high }: Interval, unit: Unit): string {
  const middle = `${inUnit(median, unit)}${unit.name === '' ? '' : ` ${unit.name}`}`;
  if (low === undefined || high === undefined) return middle;
  return `${middle} [${inUnit(low, unit)}, ${inUnit(high, unit)}]`;
}

/** Columns that a terminal needs: code points, which is exact for all but wide scripts and emoji. */
function columnsOf(text: string): number {
  return [...text].length;
}
