/** A comparison in a terminal, and as Markdown for a pull request. */
import type { Comparison, PointComparison } from './compare-results.ts';
import { significant } from './numbers.ts';
import type { Interval } from './statistics.ts';
import { plainTable, withInterval } from './table.ts';

const PLAIN = { name: '', size: 1 };

const HEADERS = [
  'point',
  'before [95 %]',
  'after [95 %]',
  'after / before [95 %]',
  'effect',
  'runs',
  'change',
];

export function comparisonText(comparison: Comparison): string {
  const rows = comparison.points.map(cells);
  const align = ['left', 'right', 'right', 'right', 'right', 'right', 'left'] as const;
  return [
    heading(comparison),
    '',
    plainTable(HEADERS, rows, { align }),
    ...remarks(comparison),
  ].join('\n');
}

export function comparisonMarkdown(comparison: Comparison): string {
  const line = (row: readonly string[]) =>
    `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = HEADERS.map((_, index) => (index === 0 || index === 6 ? '---' : '---:'));
  const rows = comparison.points.map(cells);
  const table = [line(HEADERS), line(rule), ...rows.map(line)].join('\n');
  return `${[heading(comparison), '', table, ...remarks(comparison)].join('\n')}\n`;
}

function heading({ measure, unit, threshold, points }: Comparison): string {
  const count = (change: PointComparison['change']) =>
    points.filter((point) => point.change === change).length;
  return `${measure} (${unit}), threshold ${significant(100 * threshold)} %: ${count('worse')} worse, ${count('better')} better, ${count('same')} the same, ${count('unclear')} unclear`;
}

function cells({ point, before, after, ratio, effect, repetitions, change }: PointComparison) {
  return [
    point,
    withInterval(before, PLAIN),
    withInterval(after, PLAIN),
    ratioText(ratio),
    effect.toFixed(2),
    repetitions.join(' and '),
    change,
  ];
}

function ratioText({ median, low, high }: Interval): string {
  const bounds =
    low === undefined || high === undefined ? '' : ` [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  return `${median.toFixed(3)}${bounds}`;
}

function remarks({ unmatched, differences, points }: Comparison): string[] {
  const single = points.some(({ ratio }) => ratio.low === undefined);
  return [
    ...(single
      ? ['', 'A point with one repetition has no interval: chance is not ruled out.']
      : []),
    ...(differences.length === 0 ? [] : ['', `Not the same in both: ${differences.join(', ')}.`]),
    ...(unmatched.length === 0 ? [] : ['', `Not compared: ${unmatched.join('; ')}.`]),
  ];
}
