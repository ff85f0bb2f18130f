/** tilebed replay */
import type { Command } from 'commander';
import { compareResults } from '../../../reports/compare-results.ts';
import { comparisonText } from '../../../reports/compare-text.ts';
import { compareOutputs, outputsText } from '../../../reports/outputs.ts';
import { type Results, readResults } from '../../../reports/read.ts';
import { TilebedError } from '../../../runtime/errors.ts';
import { type OpenBundle, openBundle } from '../../results/bundle.ts';
import {
  differencesFrom,
  replayedExperiment,
  replayedTestbed,
  settingHere,
} from '../../run/replay.ts';
import { chooseResultsFolder } from '../../run/results-folder.ts';
import { planRun } from '../../run/run.ts';
import { loadLiveTestbed } from '../../testbeds/shape.ts';
import { positiveInteger } from '../arguments.ts';
import { EXIT } from '../exit.ts';
import { runAndReport } from '../run-experiment.ts';
import type { VerbContext, VerbSpec } from '../verb.ts';

interface ReplayFlags {
  readonly testbed?: string;
  readonly weights?: string;
  readonly results?: string;
  readonly repeat?: number;
  readonly dryRun?: boolean;
}

export const replayVerb: VerbSpec = {
  name: 'replay',
  summary: 'run an exported experiment once more, and compare; status 1 where the outputs differ',
  examples: [
    ['tilebed replay demo-20260101-120000.tar.gz --dry-run', 'tells what is not as it was'],
    ['tilebed replay demo-20260101-120000.tar.gz', 'on the testbed that it names'],
    ['tilebed replay demo-20260101-120000.tar.gz --testbed pi-rack.yaml', 'on another one'],
  ],
  define: (command: Command) =>
    command
      .argument('<bundle>', 'what `tilebed export` made, or the folder it was unpacked into')
      .option('--testbed <file>', 'use this testbed instead of the one in the bundle')
      .option('--weights <file>', 'where the weights lie; their hash must be that of then')
      .option('--results <folder>', 'where results go (default: results/NAME-replay-TIME)')
      .option('--repeat <times>', 'repetitions of each trial (default: as many)', positiveInteger)
      .option('--dry-run', 'check the bundle and tell what differs, and run nothing'),
  run: async (context: VerbContext, path: string, flags: ReplayFlags) => {
    await using opened = await openBundle(path);
    // Awaited here: the folder is there only until this ends.
    return await replay(context, path, opened, flags);
  },
};

async function replay(
  context: VerbContext,
  path: string,
  { folder, faults }: OpenBundle,
  flags: ReplayFlags,
) {
  if (faults.length > 0) {
    const [first, ...others] = faults;
    const more = others.length === 0 ? '' : `, and ${others.length} more`;
    throw new TilebedError('INPUT', `${path} is not as it was exported: ${first}${more}`);
  }
  const before = await readResults(folder);
  const { manifest } = before;
  const source = { folder, manifest };
  const loaded = await replayedExperiment(source, flags.weights);
  const testbed =
    flags.testbed === undefined
      ? await replayedTestbed(source)
      : await loadLiveTestbed(flags.testbed);
  const repeat = flags.repeat ?? manifest.repeat;
  const { repetitions, bundle } = await planRun(loaded, testbed, repeat);
  const here = await settingHere(bundle, loaded.experiment.engine, testbed);
  const differences = differencesFrom(manifest, here);
  if (flags.dryRun === true) {
    const value = { differences, trials: repetitions.length };
    context.output.result(
      value,
      [...sentences(differences), trials(repetitions.length)].join('\n'),
    );
    return EXIT.done;
  }
  for (const sentence of sentences(differences)) context.output.note(sentence);
  const name = `${loaded.experiment.name}-replay`;
  const results = await chooseResultsFolder(name, { results: flags.results, resume: false });
  const done = await runAndReport(context, loaded, testbed, { results, resume: false, repeat });
  return tell(context, before, done.results, { ...done, differences });
}

interface Told {
  readonly report: string;
  readonly failed: number;
  readonly differences: readonly string[];
}

/** Times may differ on another machine; outputs must not. */
function tell(
  { output }: VerbContext,
  before: Results,
  after: Results,
  { report, failed, differences }: Told,
): number {
  const outputs = compareOutputs(before, after);
  const comparisons = (['latency', 'makespan'] as const).map((measure) =>
    compareResults(before, after, measure, 0.05),
  );
  const value = { results: after.folder, report, differences, outputs, comparisons };
  const text = [...comparisons.map(comparisonText), outputsText(outputs), `report: ${report}`];
  output.result(value, `\n${text.join('\n\n')}`);
  const same = outputs.every(({ before, after }) => before === after);
  return failed === 0 && same && outputs.length > 0 ? EXIT.done : EXIT.failed;
}

function sentences(differences: readonly string[]): string[] {
  if (differences.length === 0) return ['Everything is as it was then.'];
  return ['Not as it was then:', ...differences.map((difference) => `  ${difference}`)];
}

function trials(count: number): string {
  return count === 1 ? 'One trial would be run.' : `${count} trials would be run.`;
}
