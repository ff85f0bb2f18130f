/** Runs an experiment of the benchmarks through the whole harness, and compares its trials. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../harness/package-root.ts';
import type { Parameters, TrialRecord } from '../harness/results/format.ts';
import { ResultsStore } from '../harness/results/store.ts';
import { runExperiment } from '../harness/run/run.ts';
import { loadExperiment } from '../harness/spec/load-experiment.ts';
import { loadTestbed } from '../harness/spec/load-testbed.ts';
import { runSilently } from '../harness/tasks.ts';
import type { Interval } from '../reports/statistics.ts';
import { ratio } from './measure.ts';

/** @param name of a file in bench/experiments. Rejects when a trial is not `ok`. */
export async function runBench(name: string, repeat: number): Promise<readonly TrialRecord[]> {
  const loaded = await loadExperiment(join(PACKAGE_ROOT, 'bench/experiments', `${name}.yaml`));
  const testbed = await loadTestbed(loaded.experiment.testbedFile!);
  const results = await mkdtemp(join(tmpdir(), 'tilebed-bench-'));
  try {
    const { signal } = new AbortController();
    await runExperiment(loaded, testbed, {
      results,
      resume: false,
      repeat,
      signal,
      runTasks: runSilently,
      warn: () => {},
    });
    const records = await (await ResultsStore.open(results, { resume: true })).records();
    const bad = records.find(({ status }) => status !== 'ok');
    if (bad !== undefined) {
      throw new Error(`a trial is ${bad.status}: ${bad.error ?? bad.reasons?.join('; ')}`);
    }
    return records;
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

/** What one trial measured in each repetition, in their order. */
export function perRepetition(
  records: readonly TrialRecord[],
  of: Partial<Parameters>,
  measure: (record: TrialRecord) => number,
): number[] {
  const wanted = Object.entries(of) as [keyof Parameters, unknown][];
  return records
    .filter(({ parameters }) => wanted.every(([name, value]) => parameters[name] === value))
    .toSorted((a, b) => a.repetition - b.repetition)
    .map(measure);
}

/** The makespan of one trial over another's, repetition by repetition. */
export function speedUp(
  records: readonly TrialRecord[],
  of: Partial<Parameters>,
  against: Partial<Parameters>,
): Interval {
  const makespans = (trial: Partial<Parameters>) =>
    perRepetition(records, trial, ({ makespanMs }) => makespanMs!);
  return ratio(
    new Map([
      ['against', makespans(against)],
      ['of', makespans(of)],
    ]),
    'against',
    'of',
  );
}
