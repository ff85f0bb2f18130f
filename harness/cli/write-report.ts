/** Puts a report beside the results it was made from, or where the user wants it. */
import { join, resolve } from 'node:path';
import { type ReportFormat, renderReport } from '../../reports/formats.ts';
import type { Results } from '../../reports/read.ts';
import { writeWhole } from '../write-whole.ts';

const EXTENSIONS: Readonly<Record<ReportFormat, string>> = {
  html: 'html',
  md: 'md',
  csv: 'csv',
  json: 'json',
  svg: 'svg',
  trace: 'trace.json',
};

/** Returns the absolute path of the report. */
export async function writeReport(
  results: Results,
  format: ReportFormat,
  output?: string,
): Promise<string> {
  const path = resolve(output ?? join(results.folder, `report.${EXTENSIONS[format]}`));
  await writeWhole(path, await renderReport(results, format));
  return path;
}
