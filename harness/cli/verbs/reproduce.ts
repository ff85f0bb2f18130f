/** tilebed reproduce */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { reproductionPage } from '../../../reports/reproduction/page.ts';
import { reproductionMarkdown, reproductionText } from '../../../reports/reproduction/text.ts';
import { reproduce } from '../../papers/reproduce.ts';
import { REPRODUCTION_FILE, type Reproduction } from '../../results/reproduction.ts';
import { chooseResultsFolder } from '../../run/results-folder.ts';
import { writeWhole } from '../../write-whole.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

interface ReproduceFlags {
  readonly results?: string;
}

export const reproduceVerb: VerbSpec = {
  name: 'reproduce',
  summary: "a figure of a paper beside what is computed or measured here, and the paper's claims",
  examples: [['tilebed reproduce deepthings-fig11', 'memory a device, computed, to 0.01 MiB']],
  define: (command: Command) =>
    command
      .argument('<figure>', 'a figure of experiments/papers/figures.json')
      .option('--results <folder>', 'where results go (default: results/FIGURE-TIME)'),
  run: async ({ output }: VerbContext, figure: string, { results }: ReproduceFlags) => {
    const reproduction = await reproduce(figure);
    const folder = await chooseResultsFolder(figure, { results, resume: false });
    const report = await write(folder, reproduction);
    output.result(
      { report, reproduction },
      `${reproductionText(reproduction)}\n\nreport: ${report}`,
    );
    return undefined;
  },
};

/** As a page, as Markdown, and as data. */
async function write(folder: string, reproduction: Reproduction): Promise<string> {
  await mkdir(folder, { recursive: true });
  const report = join(folder, 'reproduction.html');
  await writeWhole(join(folder, REPRODUCTION_FILE), `${JSON.stringify(reproduction, null, 2)}\n`);
  await writeWhole(join(folder, 'reproduction.md'), reproductionMarkdown(reproduction));
  await writeWhole(report, reproductionPage(reproduction));
  return report;
}
