/** What was used, node by node; nothing where nobody tells. */
import { ENERGY_HEADERS, ENERGY_NOTE, energyRows } from '../energy.ts';
import { type Markup, markup } from '../markup.ts';
import type { Results } from '../read.ts';
import { breakingAtCommas, section, table } from './elements.ts';

const NUMERIC: ReadonlySet<string> = new Set(['Joules a frame', 'Watts']);

export function energySection(results: Results): Markup {
  const rows = energyRows(results);
  if (rows.length === 0) return markup``;
  const content = table({
    caption: 'Medians over repetitions, with their 95 % intervals',
    columns: ENERGY_HEADERS.map((title, column) => ({
      title,
      numeric: NUMERIC.has(title),
      cell: (row: readonly string[]) =>
        column === 0 ? breakingAtCommas(row[column]!) : row[column] || '–',
    })),
    rows,
  });
  return section('energy', 'Energy', markup`<p>${ENERGY_NOTE}</p>${content}`);
}
