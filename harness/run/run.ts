/**
 * Runs an experiment on a testbed: brings the testbed up if it is down and leaves it as it found it,
 * deploys what is missing, and runs repetition after repetition, each recorded before the next begins.
 */
import { type Emulation, emulationOf, emulationRoom } from '../emulation/emulation.ts';
import type { ProvisionedNode } from '../providers/provider.ts';
import type { TrialRecord } from '../results/format.ts';
import { ResultsStore } from '../results/store.ts';
import { checkAgainstModel } from '../spec/check-model.ts';
import { checkAgainstTestbed } from '../spec/check-testbed.ts';
import type { LoadedExperiment } from '../spec/load-experiment.ts';
import type { Experiment, Testbed } from '../spec/resolved.ts';
import type { RunTasks } from '../tasks.ts';
import { type Bundle, findBundle } from '../testbeds/bundle.ts';
import { deploy } from '../testbeds/deploy.ts';
import { down } from '../testbeds/down.ts';
import { holdTestbed } from '../testbeds/hold.ts';
import { measureLinks } from '../testbeds/measure-links.ts';
import { openTestbed } from '../testbeds/open.ts';
import { TestbedRelay } from '../testbeds/relay.ts';
import { readState, stateFolder } from '../testbeds/state.ts';
import { up } from '../testbeds/up.ts';
import { checkFaultWishes } from '../testbeds/wishes.ts';
import { type Assets, hashAssets } from './assets.ts';
import { saveInputs } from './inputs.ts';
import { makeManifest } from './manifest.ts';
import {
  describeParameters,
  interleave,
  planTrials,
  type Repetition,
  withReferences,
} from './plan.ts';
import { PreparedTestbed } from './prepared-testbed.ts';
import { requireSameTransfer } from './resumable.ts';
import { scaleExperiment } from './time-scale.ts';

export interface RunOptions {
  readonly results: string;
  readonly resume: boolean;
  readonly repeat: number;
  readonly signal: AbortSignal;
  readonly runTasks: RunTasks;
  /** Told before anything is started. */
  readonly warn: (warning: string) => void;
}

export interface RunOutcome {
  readonly folder: string;
  /** Repetitions of this run that failed. */
  readonly failed: number;
  /** Repetitions that were there already. */
  readonly skipped: number;
  readonly warnings: readonly string[];
}

export interface RunPlan {
  /** In the testbed's own time. */
  readonly experiment: Experiment;
  readonly repetitions: readonly Repetition[];
  readonly bundle: Bundle;
  readonly assets: Assets;
}

/** What would be run, checked as far as that is possible without the testbed. */
export async function planRun(
  loaded: LoadedExperiment,
  testbed: Testbed,
  repeat: number,
): Promise<RunPlan> {
  const experiment = scaleExperiment(loaded.experiment, testbed.timeScale ?? 1);
  checkAgainstTestbed(loaded, testbed);
  await checkAgainstModel(loaded);
  await checkFaultWishes(experiment.faults, testbed);
  const bundle = await findBundle();
  const assets = await hashAssets(experiment);
  const { weights } = experiment.model;
  const trials = planTrials(experiment, testbed, {
    runtimeHash: bundle.hash,
    cfgHash: assets.cfg.sha256,
    weightsHash:
      weights.kind === 'synthetic' ? `synthetic:${weights.seed}` : assets.weights!.sha256,
    pictureHashes: assets.pictures.map(({ sha256 }) => sha256),
  });
  const { seed, referenceEvery } = experiment;
  const order = interleave(trials, repeat, seed);
  const repetitions = withReferences(order, trials[0]!, repeat, referenceEvery);
  return { experiment, repetitions, bundle, assets };
}

/** Rejects when the signal is aborted; a trial that fails is a record, not an error. */
export async function runExperiment(
  loaded: LoadedExperiment,
  testbed: Testbed,
  options: RunOptions,
): Promise<RunOutcome> {
  const plan = await planRun(loaded, testbed, options.repeat);
  const store = await ResultsStore.open(options.results, { resume: options.resume });
  const earlier = store.count === 0 ? undefined : await store.manifest();
  if (earlier !== undefined) {
    requireSameTransfer(store.folder, earlier, plan.experiment.transfer);
  }
  const emulation = await emulationOf(testbed, plan.experiment.engine, options);
  const wasDown = (await readState(stateFolder(testbed)))?.status !== 'up';
  try {
    const { warning } = emulationRoom(testbed, emulation);
    if (warning !== undefined) options.warn(warning);
    const { warnings } = await up(testbed, options);
    using _held = holdTestbed(testbed);
    const nodes = await openTestbed(testbed);
    return await runOn(nodes, plan, store, testbed, { ...options, warnings, emulation });
  } finally {
    if (wasDown) await down(testbed);
  }
}

interface RunOnOptions extends RunOptions, Pick<RunOutcome, 'warnings'> {
  readonly emulation: Emulation;
}

async function runOn(
  nodes: readonly ProvisionedNode[],
  plan: RunPlan,
  store: ResultsStore,
  testbed: Testbed,
  { signal, runTasks, repeat, warnings, emulation }: RunOnOptions,
): Promise<RunOutcome> {
  await deploy(nodes, plan.bundle, { signal, runTasks });
  await using relay = await TestbedRelay.start(testbed, nodes, plan.bundle);
  const accessOf = (node: string) => relay?.accessOf(node);
  const links = await measureLinks(testbed, nodes, plan.bundle, { signal, accessOf });
  const known = store.count;
  const todo = plan.repetitions.filter((repetition) => !store.isDone(repetition));
  const { experiment, bundle, assets } = plan;
  const prepared = new PreparedTestbed({
    testbed,
    nodes,
    experiment,
    bundle,
    assets,
    reasons: warnings,
    accessOf,
    emulation,
    links,
    sources: new Set(plan.repetitions.flatMap(({ sources }) => sources)),
  });
  await runTasks(
    [{ title: 'put model and frames on the nodes', run: (context) => prepared.prepare(context) }],
    { signal },
  );
  const earlier = await store.manifest();
  const manifest = await makeManifest({
    experiment,
    testbed,
    nodes,
    bundle,
    assets,
    repeat,
    warnings,
    links,
    relay: relay?.links,
    emulation,
    ...(earlier === undefined ? {} : { startedAt: earlier.startedAt }),
  });
  await store.writeManifest(manifest);
  await saveInputs(store.folder, experiment, testbed, assets);
  let failed = 0;
  await runTasks(
    todo.map((repetition, index) => ({
      title: title(repetition, repeat),
      run: async (context) => {
        const record = await prepared.run(repetition, known + index, store, context);
        if (record.status === 'failed') failed++;
        context.conclude(outcome(record));
      },
    })),
    { signal },
  );
  const clockOffsets = prepared.clockOffsets ?? earlier?.clockOffsets;
  await store.writeManifest({
    ...manifest,
    endedAt: new Date().toISOString(),
    ...(clockOffsets === undefined ? {} : { clockOffsets }),
  });
  const skipped = plan.repetitions.length - todo.length;
  return { folder: store.folder, failed, skipped, warnings };
}

function title({ parameters, repetition, reference }: Repetition, repeat: number): string {
  if (reference === true) return `reference: ${describeParameters(parameters)}`;
  const which = repeat === 1 ? '' : `, repetition ${repetition} of ${repeat}`;
  return `${describeParameters(parameters)}${which}`;
}

function outcome({ status, error, makespanMs, reasons }: TrialRecord): string {
  if (status === 'failed') return `failed: ${error}`;
  const seconds = `${((makespanMs ?? 0) / 1000).toFixed(2)} s`;
  return status === 'ok' ? seconds : `${seconds}, degraded: ${reasons?.join('; ')}`;
}
