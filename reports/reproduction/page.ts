/** A reproduced figure as one page that needs nothing else, as `report.html` is. */
import type {
  JudgedClaim,
  ReproducedPanel,
  ReproducedSpeedup,
  Reproduction,
} from '../../harness/results/reproduction.ts';
import { type Markup, markup } from '../markup.ts';
import { significant } from '../numbers.ts';
import { pageDocument } from '../page/document.ts';
import { figure, section, table } from '../page/elements.ts';
import { agreement, comparedPoints } from './compare.ts';
import { panelCharts } from './curve-chart.ts';

export function reproductionPage(reproduction: Reproduction): string {
  const { figure: name, title, source, setting, panels, claims, speedups, madeAt } = reproduction;
  return pageDocument({
    title: `${name}: ${title}`,
    generator: 'tilebed',
    header: markup`<h1>${title} <span>${name}</span></h1>
<p class="meta">The paper's numbers: ${source}</p>
<ul>${setting.map((line) => markup`<li>${line}</li>`)}</ul>`,
    main: markup`${claimsSection(claims)}${panels.map(panelSection)}${speedupSection(speedups)}`,
    footer: `Made by tilebed, ${madeAt}. The numbers stand beside it, in the file of this name that ends in .json.`,
  });
}

function claimsSection(claims: readonly JudgedClaim[]): Markup | undefined {
  if (claims.length === 0) return undefined;
  const content = table<JudgedClaim>({
    caption: 'What the paper says, and what becomes of it here',
    columns: [
      { title: 'The paper says', cell: ({ claim }) => claim },
      { title: 'Here', cell: ({ verdict }) => verdict },
      { title: 'Found', cell: ({ found }) => found },
    ],
    rows: claims,
  });
  return section('claims', 'Claims', content);
}

function panelSection(panel: ReproducedPanel): Markup {
  const agrees = agreement(panel);
  const how =
    panel.how === 'arithmetic' ? 'Computed from the network alone.' : 'Measured on this testbed.';
  const charts = panelCharts(panel).map((drawing) => figure(drawing, panel.x.labels.length > 12));
  const points = comparedPoints(panel);
  const rows = table<(typeof points)[number]>({
    caption: 'Point by point',
    columns: [
      { title: 'Curve', cell: ({ series }) => series },
      { title: panel.x.title, cell: ({ label }) => label },
      { title: 'Paper', unit: panel.unit, numeric: true, cell: ({ paper }) => significant(paper) },
      { title: 'Here', unit: panel.unit, numeric: true, cell: ({ ours }) => significant(ours) },
      { title: 'Ratio', numeric: true, cell: ({ ratio }) => ratio?.toFixed(3) ?? '' },
    ],
    rows: points,
  });
  const listed =
    points.length === 0
      ? undefined
      : markup`<details><summary>${points.length} points</summary>${rows}</details>`;
  return section(
    panel.id,
    panel.title,
    markup`<p>${how} ${agrees ?? 'Nothing to compare: the paper’s points stand alone.'}</p><div class="charts">${charts}</div>${listed}`,
  );
}

function speedupSection(speedups: readonly ReproducedSpeedup[]): Markup | undefined {
  if (speedups.length === 0) return undefined;
  const cell = (value: number | null) => (value === null ? '' : value.toFixed(2));
  const content = table<ReproducedSpeedup>({
    caption:
      'Times as fast as the same strategy on one device, and as the plain, unpartitioned layers on one device',
    columns: [
      { title: 'Point', cell: ({ name }) => name },
      {
        title: 'Over one device',
        unit: 'paper',
        numeric: true,
        cell: ({ overOneDevice }) => cell(overOneDevice.paper),
      },
      {
        title: 'Over one device',
        unit: 'here',
        numeric: true,
        cell: ({ overOneDevice }) => cell(overOneDevice.ours),
      },
      {
        title: 'Over plain',
        unit: 'paper',
        numeric: true,
        cell: ({ overPlain }) => cell(overPlain.paper),
      },
      {
        title: 'Over plain',
        unit: 'here',
        numeric: true,
        cell: ({ overPlain }) => cell(overPlain.ours),
      },
    ],
    rows: speedups,
  });
  return section('speedups', 'Speedups against both baselines', content);
}
