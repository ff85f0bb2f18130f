/** By which plans frames were dealt, and how well they were predicted; nothing where nobody planned. */
import { type Markup, markup } from '../markup.ts';
import { PLAN_HEADERS, planRows } from '../plans.ts';
import type { Results } from '../read.ts';
import { section, table } from './elements.ts';

const NUMERIC: ReadonlySet<string> = new Set(['line', 'frames']);

export function plansSection(results: Results): Markup {
  const rows = planRows(results);
  if (rows.length === 0) return markup``;
  const content = table({
    caption:
      'Each plan from its first frame on: what was expected of it and what it took (medians), from the deal to the last fused map',
    columns: PLAN_HEADERS.map((title, column) => ({
      title: `${title[0]!.toUpperCase()}${title.slice(1)}`,
      numeric: NUMERIC.has(title),
      cell: (row: readonly string[]) => (row[column] === '' ? '–' : row[column]),
    })),
    rows,
  });
  return section('plans', 'Plans', content);
}
