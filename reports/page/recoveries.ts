/** What was done to nodes, or befell them; nothing where nothing did. */
import { type Markup, markup } from '../markup.ts';
import type { Results } from '../read.ts';
import { RECOVERY_HEADERS, recoveryRows } from '../recoveries.ts';
import { section, table } from './elements.ts';

const NUMERIC: ReadonlySet<string> = new Set(['line', 'tiles computed again']);

export function recoveriesSection(results: Results): Markup {
  const rows = recoveryRows(results);
  if (rows.length === 0) return markup``;
  const content = table({
    caption:
      'What happened to nodes, and how long after it the others had noticed and made it good',
    columns: RECOVERY_HEADERS.map((title, column) => ({
      title: `${title[0]!.toUpperCase()}${title.slice(1)}`,
      numeric: NUMERIC.has(title),
      cell: (row: readonly string[]) => (row[column] === '' ? '–' : row[column]),
    })),
    rows,
  });
  return section('recoveries', 'What happened to nodes', content);
}
