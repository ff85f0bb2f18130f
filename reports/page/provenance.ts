/** What was run, and on what. */
import { experimentFacts, METHOD, NODE_HEADERS, nodeRows } from '../facts.ts';
import { LINK_HEADERS, LINK_NOTE, linkRows } from '../links.ts';
import { type Markup, markup } from '../markup.ts';
import type { Results } from '../read.ts';
import { facts, section, table } from './elements.ts';

export function provenance(results: Results): Markup {
  const { experiment, testbed } = results.manifest;
  const nodes = table({
    caption: 'Nodes, as they were when the experiment began',
    columns: NODE_HEADERS.map((title, position) => ({
      title,
      cell: (row: readonly string[]) => row[position],
    })),
    rows: nodeRows(results),
  });
  return section(
    'what',
    'What was run, and on what',
    markup`${facts(experimentFacts(results))}${nodes}${links(results)}${asRun('Experiment', experiment)}${asRun('Testbed', testbed)}`,
  );
}

function links(results: Results): Markup | undefined {
  const rows = linkRows(results);
  if (rows.length === 0) return undefined;
  return markup`${table({
    caption: 'Links: what was asked, and what they were',
    columns: LINK_HEADERS.map((title, position) => ({
      title,
      cell: (row: readonly string[]) => row[position],
    })),
    rows,
  })}<p>${LINK_NOTE}</p>\n`;
}

function asRun(kind: string, spec: { readonly file: string; readonly text: string }): Markup {
  return markup`<details><summary>${kind} as run: ${spec.file}</summary><pre tabindex="0">${spec.text}</pre></details>\n`;
}

export function method(): Markup {
  return section('method', 'How it was measured', facts(METHOD));
}
