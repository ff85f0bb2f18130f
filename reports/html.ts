/** The report as one page that needs nothing else: drawings and pictures are all in it. */
import { warningsOf } from './facts.ts';
import { type Markup, markup } from './markup.ts';
import { pageDocument } from './page/document.ts';
import { driftSection } from './page/drift.ts';
import { section } from './page/elements.ts';
import { energySection } from './page/energy.ts';
import { gallerySection } from './page/gallery.ts';
import { headline } from './page/headline.ts';
import { plansSection } from './page/plans.ts';
import { chartsSection, pointsSection } from './page/points.ts';
import { method, provenance } from './page/provenance.ts';
import { recoveriesSection } from './page/recoveries.ts';
import { summarySection } from './page/summary-table.ts';
import { trialsSection } from './page/trials.ts';
import { readGallery } from './pictures.ts';
import type { Results } from './read.ts';
import { type Summary, summarize } from './summary.ts';

/** A page beyond this is no longer mailed around, nor opened on a phone. */
const MAXIMUM_PAGE_BYTES = 8_000_000;

export async function renderHtml(results: Results): Promise<string> {
  const summary = summarize(results);
  const warnings = warningsOf(results, summary);
  const before = markup`${provenance(results)}${headline(summary)}${figures(results, summary)}`;
  const after = markup`${energySection(results)}${recoveriesSection(results)}${plansSection(results)}${driftSection(results)}${trialsSection(results)}${warningsSection(warnings)}${method()}`;
  const room = MAXIMUM_PAGE_BYTES - before.text.length - after.text.length - 100_000;
  const gallery = gallerySection(results, await readGallery(results, room));
  return page(results, warnings, markup`${before}${gallery}${after}`);
}

function figures(results: Results, summary: Summary): Markup {
  if (summary.points.length === 0) {
    return section(
      'summary',
      'Summary',
      markup`<p>No trial has ended yet, so there are no figures.</p>`,
    );
  }
  return markup`${summarySection(summary)}${chartsSection(results, summary)}${pointsSection(results, summary)}`;
}

function warningsSection(warnings: readonly string[]): Markup {
  const content =
    warnings.length === 0
      ? markup`<p>None.</p>`
      : markup`<ul class="warnings">${warnings.map((warning) => markup`<li>${warning}</li>`)}</ul>`;
  return section('warnings', 'Warnings', content);
}

function page({ manifest }: Results, warnings: readonly string[], main: Markup): string {
  const { experiment, testbed, versions } = manifest;
  const generator = `tilebed ${versions.tilebed}`;
  const description =
    experiment.description === undefined
      ? undefined
      : markup`<p class="lead">${experiment.description}</p>\n`;
  const warned = warnings.length === 0 ? '' : ` (${warnings.length})`;
  return pageDocument({
    title: `${experiment.name} on ${testbed.name}`,
    generator,
    header: markup`<h1>${experiment.name} <span>on ${testbed.name}</span></h1>
${description}<nav aria-label="Sections"><a href="#what">What was run</a> <a href="#summary">Summary</a> <a href="#charts">Charts</a> <a href="#points">Each point</a> <a href="#frames">Frames</a> <a href="#trials">Every trial</a> <a href="#warnings">Warnings${warned}</a> <a href="#method">Method</a></nav>`,
    main,
    footer: `Made by ${generator} from manifest.json, trials.jsonl, traces and outputs.`,
  });
}
