/** What `run` and `replay` share: a run under the testbed's lock, and the report of its results. */
import { type Results, readResults } from '../../reports/read.ts';
import { runExperiment } from '../run/run.ts';
import type { LoadedExperiment } from '../spec/load-experiment.ts';
import type { Testbed } from '../spec/resolved.ts';
import { lockTestbed } from '../testbeds/lock.ts';
import type { VerbContext } from './verb.ts';
import { writeReport } from './write-report.ts';

interface ReportedRun {
  readonly results: Results;
  /** Path of the HTML report. */
  readonly report: string;
  /** Repetitions of this run that failed. */
  readonly failed: number;
}

export async function runAndReport(
  { output, signal, runTasks }: VerbContext,
  loaded: LoadedExperiment,
  testbed: Testbed,
  options: { readonly results: string; readonly resume: boolean; readonly repeat: number },
): Promise<ReportedRun> {
  await using _lock = await lockTestbed(testbed, 'run');
  if (loaded.experiment.model.weights.kind === 'synthetic') {
    output.note('weights are synthetic: detections will mean nothing, timing and memory do');
  }
  const warn = (warning: string) => output.warn(warning);
  const outcome = await runExperiment(loaded, testbed, { ...options, signal, runTasks, warn });
  for (const warning of outcome.warnings) output.warn(warning);
  if (outcome.skipped > 0) output.note(`${outcome.skipped} trials were done already`);
  const results = await readResults(outcome.folder);
  return { results, report: await writeReport(results, 'html'), failed: outcome.failed };
}
