/** tilebed report */
import { type Command, Option } from 'commander';
import { REPORT_FORMATS, type ReportFormat, renderReport } from '../../../reports/formats.ts';
import { readResults } from '../../../reports/read.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';
import { writeReport } from '../write-report.ts';

export const reportVerb: VerbSpec = {
  name: 'report',
  summary: 'turn a results folder into a report',
  examples: [
    ['tilebed report results/demo-20260101-120000', 'writes report.html into the folder'],
    ['tilebed report results/demo-20260101-120000 --format md --output -', 'prints Markdown'],
    ['tilebed report results/demo-20260101-120000 --format trace', 'for ui.perfetto.dev'],
  ],
  ownFormat: true,
  define: (command: Command) =>
    command
      .argument('<results>', 'a results folder')
      .addOption(
        new Option('--format <format>', 'of the report').choices(REPORT_FORMATS).default('html'),
      )
      .option('--output <file>', 'where it goes; - for standard output'),
  run: async (
    { output }: VerbContext,
    folder: string,
    { format, output: file }: { format: ReportFormat; output?: string },
  ) => {
    const results = await readResults(folder);
    if (file === '-') process.stdout.write(await renderReport(results, format));
    else {
      const report = await writeReport(results, format, file);
      output.result({ report }, report);
    }
    return undefined;
  },
};
