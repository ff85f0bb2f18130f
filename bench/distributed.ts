/** The papers' topology for real: a gateway and edges as pinned processes, through the whole harness. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../harness/package-root.ts';
import type { TrialRecord } from '../harness/results/format.ts';
import { ResultsStore } from '../harness/results/store.ts';
import { runExperiment } from '../harness/run/run.ts';
import { loadExperiment } from '../harness/spec/load-experiment.ts';
import { loadTestbed } from '../harness/spec/load-testbed.ts';
import { runSilently } from '../harness/tasks.ts';
import { interval, ratio } from './measure.ts';
import type { BenchRow } from './table.ts';

/** DeepThings' C code, four frames over gateway and two edges on two cores like these, in milliseconds. */
const DEEPTHINGS_MS = 43_800;
const MEBIBYTE = 2 ** 20;

export async function benchDistributed(rounds: number): Promise<readonly BenchRow[]> {
  const whole = await measure('bench/yolov2.yaml', rounds);
  const fused = await measure('bench/first16.yaml', rounds);
  const two = whole.filter(({ parameters }) => parameters.edges === 2);
  const edges = two.flatMap(({ nodes }) =>
    Object.values(nodes).filter(({ role }) => role === 'edge'),
  );
  const makespans = two.map(({ makespanMs }) => makespanMs!);
  return [
    { what: 'four frames, gateway and two pinned edges', value: interval(makespans), unit: 'ms' },
    {
      what: `DeepThings' ${DEEPTHINGS_MS / 1000} s against that`,
      value: interval(makespans.map((makespanMs) => DEEPTHINGS_MS / makespanMs)),
      unit: 'x',
      target: { bound: 'at least', value: 10 },
    },
    {
      what: 'two edges against one, fused layers only',
      value: speedUp(fused),
      unit: 'x',
      target: { bound: 'at least', value: 1.6 },
    },
    {
      what: 'two edges against one, all layers, the gateway on the same cores',
      value: speedUp(whole),
      unit: 'x',
    },
    {
      what: "an edge's peak resident memory",
      value: interval(edges.map(({ peakRssBytes }) => peakRssBytes / MEBIBYTE)),
      unit: 'MiB',
      target: { bound: 'at most', value: 128 },
    },
    {
      what: "an edge's engine: weights and largest activations",
      value: interval(edges.map(({ engineBytes }) => engineBytes / MEBIBYTE)),
      unit: 'MiB',
      target: { bound: 'at most', value: 23 },
    },
  ];
}

async function measure(file: string, repeat: number): Promise<readonly TrialRecord[]> {
  const loaded = await loadExperiment(join(PACKAGE_ROOT, file));
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

/** One edge's makespan over two edges', repetition by repetition. */
function speedUp(records: readonly TrialRecord[]) {
  const makespans = (edges: number) =>
    records
      .filter(({ parameters }) => parameters.edges === edges)
      .toSorted((a, b) => a.repetition - b.repetition)
      .map(({ makespanMs }) => makespanMs!);
  return ratio(
    new Map([
      ['one', makespans(1)],
      ['two', makespans(2)],
    ]),
    'one',
    'two',
  );
}
