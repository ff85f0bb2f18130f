/** tilebed reproduce */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { readResults } from '../../../reports/read.ts';
import { measuredFigure } from '../../../reports/reproduction/measured.ts';
import { reproductionPage } from '../../../reports/reproduction/page.ts';
import { reproductionSvg } from '../../../reports/reproduction/svg.ts';
import { reproductionMarkdown, reproductionText } from '../../../reports/reproduction/text.ts';
import { TilebedError } from '../../../runtime/errors.ts';
import { loadNetwork } from '../../../runtime/model/load.ts';
import { makeFolder } from '../../make-folder.ts';
import { experimentFile } from '../../papers/experiments.ts';
import { paperFigure, readPaperFigures } from '../../papers/figures.ts';
import { measureLayerTimes } from '../../papers/layer-times.ts';
import { type Measured, reproduce } from '../../papers/reproduce.ts';
import { type Reproduction, reproductionStem } from '../../results/reproduction.ts';
import { chooseResultsFolder } from '../../run/results-folder.ts';
import { runExperiment } from '../../run/run.ts';
import { BUILT_IN_MODELS } from '../../spec/find-model.ts';
import { loadExperiment } from '../../spec/load-experiment.ts';
import { loadTestbed } from '../../spec/load-testbed.ts';
import { lockTestbed } from '../../testbeds/lock.ts';
import { writeWhole } from '../../write-whole.ts';
import { EXIT } from '../exit.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';
import { writeReport } from '../write-report.ts';

interface ReproduceFlags {
  readonly quick?: boolean;
  readonly computed?: boolean;
  readonly from?: string;
  readonly resume?: boolean;
  readonly testbed?: string;
  readonly results?: string;
}

export const reproduceVerb: VerbSpec = {
  name: 'reproduce',
  summary: "a figure of a paper beside what is computed or measured here, and the paper's claims",
  examples: [
    ['tilebed reproduce deepthings-fig11', 'memory a device, computed, to 0.01 MiB'],
    ['tilebed reproduce deepthings-fig13 --quick', 'some points of it, in three minutes'],
    ['tilebed reproduce deepthings-fig12 --from results/deepthings-fig13-20260101-120000', ''],
  ],
  define: (command: Command) =>
    command
      .argument('<figure>', 'a figure of experiments/papers/figures.json')
      .option('--quick', 'measure only some points: less than three minutes')
      .option('--computed', 'run nothing: only what follows from the network')
      .option('--from <results>', 'draw results that are there; runs nothing')
      .option('--resume', 'keep what --results holds, and run the rest')
      .option('--testbed <file>', "instead of the experiment's own")
      .option('--results <folder>', 'where results go (default: results/FIGURE-TIME)'),
  run: async (context: VerbContext, figure: string, flags: ReproduceFlags) => {
    paperFigure(await readPaperFigures(), figure);
    const { folder, failed } = await measure(context, figure, flags);
    const measured =
      failed === undefined
        ? await measureAlone(context, figure, flags)
        : measuredFigure(figure, await readResults(folder));
    const reproduction = await reproduce(figure, measured);
    const report = await write(folder, reproduction);
    const text = `${reproductionText(reproduction)}\n\nreport: ${report}`;
    context.output.result({ report, reproduction }, text);
    return failed === undefined || failed === 0 ? EXIT.done : EXIT.failed;
  },
};

/** Where results lie, and how many trials failed; undefined where there is nothing to measure. */
async function measure(
  { output, signal, runTasks }: VerbContext,
  figure: string,
  flags: ReproduceFlags,
): Promise<{ readonly folder: string; readonly failed: number | undefined }> {
  if (flags.from !== undefined) return { folder: resolve(flags.from), failed: 0 };
  const { quick = false, computed = false, resume = false, results } = flags;
  const folder = await chooseResultsFolder(figure, { results, resume });
  const file = experimentFile(figure, quick);
  if (computed || file === undefined) return { folder, failed: undefined };
  const loaded = await loadExperiment(file);
  const testbedFile = flags.testbed ?? loaded.experiment.testbedFile;
  if (testbedFile === undefined) throw new TilebedError('INPUT', `${file} names no testbed`);
  const testbed = await loadTestbed(resolve(testbedFile));
  await using _lock = await lockTestbed(testbed, 'reproduce');
  const { repeat } = loaded.experiment;
  const warn = (warning: string) => output.warn(warning);
  const options = { results: folder, resume, repeat, signal, runTasks, warn };
  const { warnings, failed } = await runExperiment(loaded, testbed, options);
  for (const warning of warnings) output.warn(warning);
  await writeReport(await readResults(folder), 'html');
  return { folder, failed };
}

/** What needs no testbed: the layers of figure 1, on this machine. */
async function measureAlone(
  { signal, runTasks }: VerbContext,
  figure: string,
  { computed = false, quick = false }: ReproduceFlags,
): Promise<Measured | undefined> {
  if (figure !== 'deepthings-fig01' || computed) return undefined;
  const network = await loadNetwork(join(BUILT_IN_MODELS, 'yolov2.cfg'));
  let measured: Measured | undefined;
  const title = 'measure each layer by itself';
  const run = async ({ signal }: { signal: AbortSignal }) => {
    measured = await measureLayerTimes(network, { signal, rounds: quick ? 3 : 9 });
  };
  await runTasks([{ title, run }], { signal });
  return measured;
}

/** As a page, as Markdown, and as data. */
async function write(folder: string, reproduction: Reproduction): Promise<string> {
  await makeFolder(folder);
  const stem = join(folder, await reproductionStem(folder, reproduction.figure));
  const report = `${stem}.html`;
  await writeWhole(`${stem}.json`, `${JSON.stringify(reproduction, null, 2)}\n`);
  await writeWhole(`${stem}.md`, reproductionMarkdown(reproduction));
  await writeWhole(`${stem}.svg`, reproductionSvg(reproduction));
  await writeWhole(report, reproductionPage(reproduction));
  return report;
}
