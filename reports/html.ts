/**
 * The report as one page that needs nothing else: styles, drawings, pictures and a few lines of script
 * are all in it, and its content security policy forbids that anything be loaded or another script run.
 */
import { createHash } from 'node:crypto';
import { PAGE_CHART_STYLE } from './chart-style.ts';
import { warningsOf } from './facts.ts';
import { Markup, markup } from './markup.ts';
import { driftSection } from './page/drift.ts';
import { section } from './page/elements.ts';
import { energySection } from './page/energy.ts';
import { gallerySection } from './page/gallery.ts';
import { headline } from './page/headline.ts';
import { plansSection } from './page/plans.ts';
import { chartsSection, pointsSection } from './page/points.ts';
import { method, provenance } from './page/provenance.ts';
import { recoveriesSection } from './page/recoveries.ts';
import { PAGE_SCRIPT, PAGE_STYLE } from './page/style.ts';
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

function page({ manifest }: Results, warnings: readonly string[], content: Markup): string {
  const { experiment, testbed, versions } = manifest;
  const hash = createHash('sha256').update(PAGE_SCRIPT).digest('base64');
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const description =
    experiment.description === undefined
      ? undefined
      : markup`<p class="lead">${experiment.description}</p>\n`;
  const warned = warnings.length === 0 ? '' : ` (${warnings.length})`;
  const { text } = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="tilebed ${versions.tilebed}">
<title>${experiment.name} on ${testbed.name}</title>
<link rel="icon" href="data:,">
<style>${trusted(PAGE_CHART_STYLE)}${trusted(PAGE_STYLE)}</style>
</head>
<body>
<header>
<h1>${experiment.name} <span>on ${testbed.name}</span></h1>
${description}<nav aria-label="Sections"><a href="#what">What was run</a> <a href="#summary">Summary</a> <a href="#charts">Charts</a> <a href="#points">Each point</a> <a href="#frames">Frames</a> <a href="#trials">Every trial</a> <a href="#warnings">Warnings${warned}</a> <a href="#method">Method</a></nav>
</header>
<main>
${content}</main>
<footer>Made by tilebed ${versions.tilebed} from manifest.json, trials.jsonl, traces and outputs.</footer>
<script>${trusted(PAGE_SCRIPT)}</script>
</body>
</html>
`;
  return text;
}

/** For the room's own style sheets and script alone. */
function trusted(text: string): Markup {
  return new Markup(text);
}
