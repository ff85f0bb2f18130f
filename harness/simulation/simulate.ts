/** An experiment's whole matrix on simulated time, with times from measured trials where there are some. */
import { TilebedError } from '../../runtime/errors.ts';
import { loadNetwork } from '../../runtime/model/load.ts';
import type { Network } from '../../runtime/model/network.ts';
import { probe } from '../../runtime/probe.ts';
import { VERSION } from '../package-root.ts';
import { FORMAT_VERSION, type Manifest, type Trace, type TrialRecord } from '../results/format.ts';
import { whatRuns } from '../run/manifest.ts';
import { checkAgainstModel } from '../spec/check-model.ts';
import { checkAgainstTestbed } from '../spec/check-testbed.ts';
import type { LoadedExperiment } from '../spec/load-experiment.ts';
import type { Experiment, Testbed } from '../spec/resolved.ts';
import { guessPoint, plannedPoints, simulatePoint } from './experiment.ts';
import { modelledNodes } from './nodes.ts';
import { type Measured, type Profile, profileOf, UNMEASURED } from './profile.ts';
import type { Ran } from './ran.ts';
import { type Overrides, withEdges, withOverrides } from './widen.ts';

export interface SimulateOptions extends Overrides {
  /** Measured trials, the folder that they are from, and what ran there; default: this experiment. */
  readonly calibrate?: Measured & { readonly folder: string; readonly ran?: Ran };
  /** Whether to keep what each node did when. */
  readonly spans: boolean;
  readonly signal: AbortSignal;
}

export interface Simulation {
  readonly manifest: Manifest;
  readonly trials: readonly TrialRecord[];
  readonly traces: readonly Trace[];
  readonly profile: Profile;
  /** Of the slowest link; undefined where none is limited. */
  readonly rateBitsPerSecond?: number;
}

/** Rejects with a TilebedError (INPUT) for what no testbed could run. */
export async function simulateExperiment(
  loaded: LoadedExperiment,
  given: Testbed,
  { calibrate, spans, signal, ...overrides }: SimulateOptions,
): Promise<Simulation> {
  const experiment = withOverrides(loaded.experiment, overrides);
  const most = Math.max(...experiment.trials.map(({ parameters }) => parameters.edges));
  const has = given.nodes.filter(({ role }) => role === 'edge').length;
  const testbed = overrides.edges === undefined ? given : withEdges(given, Math.max(most, has));
  checkAgainstTestbed(loaded, testbed);
  await checkAgainstModel(loaded);
  const network = await loadNetwork(experiment.model.cfg);
  const input = { experiment, testbed, network };
  const points = plannedPoints(input);
  const profile =
    calibrate === undefined ? UNMEASURED : learnFrom(calibrate, loaded.experiment, given, network);
  const startedAt = new Date().toISOString();
  const trials: TrialRecord[] = [];
  const traces: Trace[] = [];
  for (const [order, point] of points.entries()) {
    signal.throwIfAborted();
    const { record, trace } = simulatePoint(input, point, profile, { order, spans });
    trials.push(record);
    if (spans) traces.push(trace);
    // A signal is heard between points.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const rates = modelledNodes(testbed, network, 0).flatMap(
    ({ link }) => link.rateBitsPerSecond ?? [],
  );
  const source =
    calibrate === undefined
      ? 'guessed by devices and links'
      : `measured in ${calibrate.folder}, at the points with the fewest edges`;
  return {
    manifest: manifestOf(experiment, testbed, startedAt, source),
    trials,
    traces,
    profile,
    ...(rates.length === 0 ? {} : { rateBitsPerSecond: profile.linkFactor * Math.min(...rates) }),
  };
}

function learnFrom(
  measured: NonNullable<SimulateOptions['calibrate']>,
  experiment: Experiment,
  testbed: Testbed,
  network: Network,
): Profile {
  const input = { ...(measured.ran ?? { experiment, testbed }), network };
  const points = new Map(
    plannedPoints(input).map((point) => [JSON.stringify(point.parameters), point]),
  );
  const profile = profileOf(measured, (parameters, guessed) => {
    const point = points.get(JSON.stringify(parameters));
    return point && guessPoint(input, point, guessed);
  });
  if (profile.points.size > 0) return profile;
  throw new TilebedError('INPUT', `no times can be taken from ${measured.folder}`, {
    hint: 'its trials are simulated, invalid, or have failed: give the folder of a run whose trials are ok',
  });
}

function manifestOf(
  experiment: Experiment,
  testbed: Testbed,
  startedAt: string,
  simulated: string,
): Manifest {
  const { seed, faults } = experiment;
  return {
    format: FORMAT_VERSION,
    simulated,
    ...whatRuns(experiment, testbed),
    startedAt,
    endedAt: new Date().toISOString(),
    seed,
    repeat: 1,
    versions: {
      tilebed: VERSION,
      runtime: 'simulated',
      engine: 'simulated',
      node: process.version,
    },
    host: probe(),
    nodes: {},
    warnings: [
      `Nothing was run: these are the figures of a simulation, with times ${simulated}.`,
      ...(faults.length === 0 ? [] : ['Faults of the experiment are not simulated.']),
    ],
  };
}
