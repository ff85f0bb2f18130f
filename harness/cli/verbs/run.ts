/** tilebed run */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { summarize } from '../../../reports/summary.ts';
import { terminalSummary } from '../../../reports/terminal-summary.ts';
import { TilebedError } from '../../../runtime/errors.ts';
import { describeParameters } from '../../run/plan.ts';
import { chooseResultsFolder } from '../../run/results-folder.ts';
import { planRun } from '../../run/run.ts';
import { type LoadedExperiment, loadExperiment } from '../../spec/load-experiment.ts';
import type { Testbed } from '../../spec/resolved.ts';
import { loadLiveTestbed } from '../../testbeds/shape.ts';
import { positiveInteger } from '../arguments.ts';
import { EXIT } from '../exit.ts';
import { runAndReport } from '../run-experiment.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

interface RunFlags {
  readonly testbed?: string;
  readonly results?: string;
  readonly resume?: boolean;
  readonly repeat?: number;
  readonly dryRun?: boolean;
  readonly images?: string;
}

export const runVerb: VerbSpec = {
  name: 'run',
  summary: 'run an experiment; the testbed is brought up if it is down, and left as it was',
  examples: [
    ['tilebed run experiments/demo.yaml', 'on the testbed that the file names'],
    ['tilebed run experiments/demo.yaml --images ~/Pictures', 'with frames of your own'],
    ['tilebed run experiments/demo.yaml --dry-run', 'shows the trials in their order'],
    ['tilebed run experiments/demo.yaml --resume', 'goes on where the last run ended'],
  ],
  define: (command: Command) =>
    command
      .argument('<experiment>', 'an experiment file')
      .option('--testbed <file>', 'use this testbed instead of the one that the file names')
      .option('--results <folder>', 'where results go (default: results/NAME-TIME)')
      .option(
        '--resume',
        'keep what is done and run the rest; without --results: of the latest run',
      )
      .option('--repeat <times>', 'repetitions of each trial', positiveInteger)
      .option('--images <folder>', 'take frames from these JPEG and PNG pictures')
      .option('--dry-run', 'show what would be run, and check all that can be checked'),
  run: async (context: VerbContext, file: string, flags: RunFlags) => {
    const loaded = await loadExperiment(
      file,
      flags.images === undefined ? {} : { images: flags.images },
    );
    const testbed = await findTestbed(loaded, flags);
    const repeat = flags.repeat ?? loaded.experiment.repeat;
    return flags.dryRun === true
      ? dryRun(context, loaded, testbed, repeat)
      : run(context, loaded, testbed, { ...flags, repeat });
  },
};

async function run(
  context: VerbContext,
  loaded: LoadedExperiment,
  testbed: Testbed,
  { results, resume = false, repeat }: RunFlags & { repeat: number },
) {
  const folder = await chooseResultsFolder(loaded.experiment.name, { results, resume });
  const done = await runAndReport(context, loaded, testbed, { results: folder, resume, repeat });
  const { report, failed } = done;
  const summary = summarize(done.results);
  const value = { results: folder, report, summary };
  context.output.result(value, `\n${terminalSummary(summary)}\n\nreport: ${report}`);
  return failed === 0 ? EXIT.done : EXIT.failed;
}

async function dryRun(
  { output }: VerbContext,
  loaded: LoadedExperiment,
  testbed: Testbed,
  repeat: number,
) {
  const { repetitions } = await planRun(loaded, testbed, repeat);
  const lines = repetitions.map(
    ({ trial, parameters, repetition }) =>
      `${trial}  repetition ${repetition}  ${describeParameters(parameters)}`,
  );
  const value = repetitions.map(({ trial, parameters, repetition }) => ({
    trial,
    parameters,
    repetition,
  }));
  output.result(value, lines.join('\n'));
  return EXIT.done;
}

async function findTestbed({ experiment }: LoadedExperiment, flags: RunFlags): Promise<Testbed> {
  const file = flags.testbed === undefined ? experiment.testbedFile : resolve(flags.testbed);
  if (file !== undefined) return loadLiveTestbed(file);
  throw new TilebedError('INPUT', `${experiment.name} names no testbed`, {
    hint: 'give one with --testbed FILE',
  });
}
