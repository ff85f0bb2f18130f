/** How benchmarks are shown: each figure with its interval, and beside its target if it has one. */
import type { Interval } from '../reports/statistics.ts';
import { plainTable } from '../reports/table.ts';

export interface BenchRow {
  readonly what: string;
  readonly value: Interval;
  readonly unit: 'ms' | 'x' | 'MiB' | 'fps' | 'a second';
  readonly target?: { readonly bound: 'at most' | 'at least'; readonly value: number };
}

const DECIMALS = { ms: 0, x: 2, MiB: 1, fps: 2, 'a second': 0 } as const;

export function benchTable(rows: readonly BenchRow[]): string {
  const headers = ['what', 'median', '95 % interval', 'target', ''];
  return plainTable(headers, rows.map(cells), {
    align: ['left', 'right', 'right', 'right', 'left'],
  });
}

function cells({ what, value, unit, target }: BenchRow): string[] {
  const shown = (number: number) => `${number.toFixed(DECIMALS[unit])}`;
  const { median, low, high } = value;
  return [
    what,
    `${shown(median)} ${unit}`,
    low === undefined || high === undefined ? '-' : `${shown(low)} to ${shown(high)}`,
    target === undefined ? '' : `${target.bound} ${target.value}`,
    target === undefined ? '' : verdict(median, target),
  ];
}

function verdict(median: number, target: NonNullable<BenchRow['target']>): string {
  const met = target.bound === 'at most' ? median <= target.value : median >= target.value;
  return met ? 'met' : 'MISSED';
}
