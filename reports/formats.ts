/** What a results folder can be turned into: one file of this room a format. */
import { renderCsv } from './csv.ts';
import { renderHtml } from './html.ts';
import { renderJson } from './json.ts';
import { renderMarkdown } from './markdown.ts';
import type { Results } from './read.ts';
import { renderSvg } from './svg.ts';
import { renderTrace } from './trace.ts';

export const REPORT_FORMATS = ['html', 'md', 'csv', 'json', 'svg', 'trace'] as const;

export type ReportFormat = (typeof REPORT_FORMATS)[number];

const RENDERERS: Readonly<Record<ReportFormat, (results: Results) => string | Promise<string>>> = {
  html: renderHtml,
  md: renderMarkdown,
  csv: renderCsv,
  json: renderJson,
  svg: renderSvg,
  trace: renderTrace,
};

/** The report's text, with a newline at its end. */
export async function renderReport(results: Results, format: ReportFormat): Promise<string> {
  return RENDERERS[format](results);
}
