/** Puts a report beside the results it was made from, or where the user wants it. */
import { rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ReportFormat, renderReport } from '../../reports/formats.ts';
import type { Results } from '../../reports/read.ts';

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
  await writeFile(`${path}.new`, await renderReport(results, format));
  await rename(`${path}.new`, path);
  return path;
}
